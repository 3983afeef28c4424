#include "checkpoint/configs/eva_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::EvaTransformerConfig;
using network::NormKind;
using network::Projection;
using network::TextTransformerConfig;
using test::expect_error;

/// A config of which tests change a field: EVA02-CLIP-L-14's.
Json eva_config() {
  return Json::parse(R"({
    "embed_dim": 768,
    "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "drop_path_rate": 0,
                   "head_width": 64, "mlp_ratio": 2.6667, "patch_size": 14,
                   "eva_model_name": "eva-clip-l-14", "xattn": true, "fusedLN": true, "rope": true,
                   "pt_hw_seq_len": 16, "intp_freq": true, "naiveswiglu": true, "subln": true},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 768, "heads": 12, "layers": 12,
                 "xattn": false, "fusedLN": true}
  })");
}

/// Sets the field at a JSON pointer ("/embed_dim").
ModelFile read_eva_with(const std::string& pointer, const Json& value) {
  Json json = eva_config();
  json[Json::json_pointer(pointer)] = value;
  return read_eva_config(json, "test.json");
}

EvaTransformerConfig read_image_tower(const Json& vision) {
  return std::get<EvaTransformerConfig>(read_eva_with("/vision_cfg", vision).config.image);
}

TEST(EvaConfig, ReadsEva02) {
  const ModelFile model = read_eva_config(eva_config(), "test.json");
  EXPECT_EQ(model.config.embedding_width, 768);
  EXPECT_EQ(std::get<EvaTransformerConfig>(model.config.image),
            (EvaTransformerConfig{.width = 1024,
                                  .layers = 24,
                                  .heads = 16,
                                  .mlp_width = 2730,
                                  .activation = Activation::silu,
                                  .gated_mlp = true,
                                  .inner_norms = true,
                                  .rotary_grid = 16}));
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text),
            (TextTransformerConfig{.width = 768, .heads = 12, .mlp_width = 3072}));
  EXPECT_EQ(model.preprocessing, Preprocessing{});
  EXPECT_THAT(model.assumptions, testing::IsEmpty());
}

TEST(EvaConfig, ReadsEva01) {
  EXPECT_EQ(read_image_tower({{"image_size", 224},
                              {"layers", 40},
                              {"width", 1408},
                              {"head_width", 88},
                              {"mlp_ratio", 4.3637},
                              {"patch_size", 14},
                              {"drop_path_rate", 0.4}}),
            EvaTransformerConfig{});
}

TEST(EvaConfig, ReadsThe18BillionModel) {
  EXPECT_EQ(read_image_tower({{"layers", 48},
                              {"width", 5120},
                              {"head_width", 128},
                              {"mlp_ratio", 5},
                              {"patch_size", 14},
                              {"qkv_bias", false},
                              {"postnorm", true},
                              {"use_rms_norm", true}}),
            (EvaTransformerConfig{.width = 5120,
                                  .layers = 48,
                                  .heads = 40,
                                  .mlp_width = 25600,
                                  .norm = NormKind::rms,
                                  .post_norm = true,
                                  .query_value_bias = false,
                                  .projection = Projection::matrix}));
}

TEST(EvaConfig, ReadsLayerScale) {
  EXPECT_TRUE(read_image_tower({{"ls_init_value", 0.1}}).layer_scale);
  EXPECT_FALSE(read_image_tower({{"ls_init_value", nullptr}}).layer_scale);
}

TEST(EvaConfig, CountsRotaryPositionsOnAGridThatIsThePretrainedOneUnlessInterpolated) {
  Json vision = {{"rope", true}, {"image_size", 256}, {"patch_size", 16}};
  EXPECT_EQ(read_image_tower(vision).rotary_grid, 16);
  vision["image_size"] = 224;
  expect_error([&] { read_image_tower(vision); }, ErrorCode::unsupported, "pt_hw_seq_len");
  vision["intp_freq"] = true;
  EXPECT_EQ(read_image_tower(vision).rotary_grid, 16);
}

TEST(EvaConfig, RefusesWhatTheTowerHasNotAndNamesTheField) {
  const auto refuse = [](const std::string& pointer, const Json& value, ErrorCode code,
                         const std::string& field) {
    expect_error([&] { read_eva_with(pointer, value); }, code, field);
  };
  const auto unsupported = ErrorCode::unsupported;
  const auto corrupt = ErrorCode::corrupt_data;
  refuse("/vision_cfg/global_average_pool", true, unsupported, "vision_cfg.global_average_pool");
  refuse("/vision_cfg/timm_model_name", "swin", unsupported, "vision_cfg.timm_model_name");
  refuse("/text_cfg/hf_model_name", "bert", unsupported, "text_cfg.hf_model_name");
  refuse("/something_new", 1, unsupported, "something_new");
  refuse("/vision_cfg/head_width", 0, corrupt, "vision_cfg.head_width");
  refuse("/vision_cfg/head_width", 100, corrupt, "vision_cfg.head_width");
  refuse("/vision_cfg/patch_size", 0, corrupt, "vision_cfg.patch_size");
  refuse("/vision_cfg/mlp_ratio", -1, corrupt, "vision_cfg.mlp_ratio");
  refuse("/vision_cfg/rope", "yes", corrupt, "vision_cfg.rope");
  refuse("/embed_dim", nullptr, corrupt, "embed_dim");
}

TEST(EvaConfig, ReadsWhatItWrites) {
  ModelFile model = read_eva_config(eva_config(), "test.json");
  auto& image = std::get<EvaTransformerConfig>(model.config.image);
  EXPECT_EQ(read_eva_config(write_eva_config(model), "").config, model.config);
  image.norm = NormKind::rms;
  image.post_norm = true;
  image.layer_scale = true;
  image.query_value_bias = false;
  image.projection = Projection::matrix;
  EXPECT_EQ(read_eva_config(write_eva_config(model), "").config, model.config);
}

TEST(EvaConfig, WritesNothingThatItCannotSay) {
  const auto refuse = [](void (*change)(ModelFile&)) {
    ModelFile model = read_eva_config(eva_config(), "test.json");
    change(model);
    expect_error([&] { write_eva_config(model); }, ErrorCode::unsupported, "EVA-CLIP");
  };
  refuse([](ModelFile& m) { m.config.image = network::VisionTransformerConfig{}; });
  refuse([](ModelFile& m) {
    std::get<EvaTransformerConfig>(m.config.image).query_value_bias = false;  // with a head's bias
  });
  refuse([](ModelFile& m) { m.preprocessing.mode = ResizeMode::squash; });
}

}  // namespace
}  // namespace diptych::checkpoint
