#include "checkpoint/configs/m2m100.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::TextPooling;
using network::TextTransformerConfig;
using test::expect_error;

TextTransformerConfig read_m2m100(const Json& json) {
  ConfigFields fields(json, "text_cfg", "test.json");
  EXPECT_TRUE(names_m2m100(fields));
  return read_open_clip_m2m100(fields);
}

/// As open_clip's nllb-clip-base has it, with changes.
Json text_cfg(const Json& changes = Json::object()) {
  Json json = {{"hf_model_name", "facebook/nllb-200-distilled-600M"},
               {"hf_tokenizer_name", "facebook/nllb-200-distilled-600M"},
               {"hf_proj_type", "linear"},
               {"hf_pooler_type", "cls_pooler"}};
  json.update(changes);
  return json;
}

// The sizes of the published encoders, which open_clip's config only names.
TEST(OpenClipM2m100, KnowsNllbByName) {
  const TextTransformerConfig base{.context_length = 77,
                                   .vocabulary_size = 256206,
                                   .width = 1024,
                                   .heads = 16,
                                   .layers = 12,
                                   .mlp_width = 4096,
                                   .activation = network::Activation::relu,
                                   .causal = false,
                                   .pooling = TextPooling::first,
                                   .pad_id = 1,
                                   .sinusoids = true};
  EXPECT_EQ(read_m2m100(text_cfg()), base);
  EXPECT_EQ(read_m2m100(text_cfg({{"hf_pooler_type", "cls_last_hidden_state_pooler"}})), base);
  const auto large = read_m2m100(text_cfg({{"hf_model_name", "facebook/nllb-200-distilled-1.3B"}}));
  EXPECT_EQ(large.layers, 24);
  EXPECT_EQ(large.mlp_width, 8192);
}

TEST(OpenClipM2m100, ReadsADescribedEncoder) {
  const Json described = {{"model_type", "m2m_100"}, {"d_model", 96}, {"pad_token_id", 3}};
  const auto config =
      read_m2m100(text_cfg({{"hf_model_name", "some/encoder"}, {"hf_config", described}}));
  EXPECT_EQ(config.width, 96);
  EXPECT_EQ(config.pad_id, 3);
}

TEST(OpenClipM2m100, IsNotNamedByOthers) {
  for (const Json& json : {Json::object(), text_cfg({{"hf_model_name", "xlm-roberta-base"}}),
                           text_cfg({{"hf_config", {{"model_type", "bert"}}}})}) {
    ConfigFields fields(json, "text_cfg", "test.json");
    EXPECT_FALSE(names_m2m100(fields)) << json;
  }
}

TEST(OpenClipM2m100, RefusesWhatItHasNot) {
  const auto refuse = [](const Json& changes, const std::string& reason) {
    expect_error([&] { read_m2m100(text_cfg(changes)); }, ErrorCode::unsupported, reason);
  };
  refuse({{"hf_pooler_type", "mean_pooler"}}, "mean_pooler");
  refuse({{"hf_pooler_type", nullptr}}, "mean_pooler");
  refuse({{"hf_proj_type", "mlp"}}, "mlp");
  refuse({{"hf_config", {{"model_type", "m2m_100"}, {"scale_embedding", false}}}},
         "scale_embedding");
  refuse({{"hf_config", {{"model_type", "m2m_100"}, {"activation_function", "gelu"}}}}, "gelu");
  refuse({{"another", 1}}, "another");
}

}  // namespace
}  // namespace diptych::checkpoint
