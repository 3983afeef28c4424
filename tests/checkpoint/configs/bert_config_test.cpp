#include "checkpoint/configs/bert_config.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::BertConfig;
using network::BertPooling;
using test::expect_error;

BertConfig read_bert(const Json& json, int embedding_width = 512) {
  ConfigFields fields(json, "text_cfg", "test.json");
  return read_open_clip_bert(fields, embedding_width);
}

// The sizes of the published encoder, which open_clip's config only names.
TEST(OpenClipBert, KnowsXlmRobertaByName) {
  const BertConfig base{.context_length = 77,
                        .vocabulary_size = 250002,
                        .norm_epsilon = 1e-5F,
                        .positions = 514,
                        .first_position = 2,
                        .token_types = 1,
                        .pad_id = 1,
                        .pooling = BertPooling::mean,
                        .projection_width = 640};
  const Json json = {{"hf_model_name", "xlm-roberta-base"},
                     {"hf_tokenizer_name", "xlm-roberta-base"},
                     {"hf_pooler_type", "mean_pooler"}};
  EXPECT_EQ(read_bert(json), base);
  EXPECT_EQ(read_bert({{"hf_model_name", "FacebookAI/xlm-roberta-base"}}), base);
  const BertConfig large = read_bert({{"hf_model_name", "xlm-roberta-large"}}, 1024);
  EXPECT_EQ(large.width, 1024);
  EXPECT_EQ(large.heads, 16);
  EXPECT_EQ(large.layers, 24);
  EXPECT_EQ(large.mlp_width, 4096);
  EXPECT_EQ(large.projection_width, 1024);
  EXPECT_EQ(read_bert({{"hf_model_name", "roberta-base"}}).vocabulary_size, 50265);
}

TEST(OpenClipBert, ReadsADescribedEncoder) {
  const BertConfig bert = read_bert({{"hf_model_name", "some/bert"},
                                     {"hf_proj_type", "linear"},
                                     {"hf_pooler_type", "cls_last_hidden_state_pooler"},
                                     {"context_length", 64},
                                     {"hf_config", {{"model_type", "bert"}, {"hidden_size", 96}}}});
  EXPECT_EQ(bert, (BertConfig{.context_length = 64, .width = 96}));
  const BertConfig roberta =
      read_bert({{"hf_model_name", "some/roberta"},
                 {"hf_config", {{"model_type", "roberta"}, {"pad_token_id", 3}}}});
  EXPECT_EQ(roberta.pad_id, 3);
  EXPECT_EQ(roberta.first_position, 4);
}

TEST(OpenClipBert, RefusesWhatItHasNot) {
  const auto refuse = [](const Json& change, const std::string& reason) {
    Json json = {{"hf_model_name", "xlm-roberta-base"}};
    json.update(change);
    expect_error([&] { read_bert(json); }, ErrorCode::unsupported, reason);
  };
  refuse({{"hf_model_name", "google/mt5-base"}}, "google/mt5-base");
  refuse({{"hf_pooler_type", "cls_pooler"}}, "cls_pooler");
  refuse({{"hf_proj_type", "mlp3"}}, "mlp3");
  refuse({{"hf_config", {{"model_type", "t5"}}}}, "t5");
  refuse({{"hf_config", {{"model_type", "bert"}, {"position_embedding_type", "relative_key"}}}},
         "position_embedding_type");
  refuse({{"embed_cls", true}}, "embed_cls");
}

TEST(OpenClipBert, RefusesAPaddingIdThatIsNone) {
  expect_error(
      [] {
        read_bert({{"hf_model_name", "x"},
                   {"hf_config", {{"model_type", "roberta"}, {"pad_token_id", -1}}}});
      },
      ErrorCode::corrupt_data, "pad_token_id");
}

}  // namespace
}  // namespace diptych::checkpoint
