#include "checkpoint/open_clip_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::ModifiedResNetConfig;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::expect_error;

/// A config of which tests change a field.
Json base_config() {
  return Json::parse(R"({
    "model_cfg": {
      "embed_dim": 512,
      "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
      "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}
    },
    "preprocess_cfg": {}
  })");
}

/// Sets the field at a JSON pointer ("/model_cfg/embed_dim").
ModelFile read_with(const std::string& pointer, const Json& value) {
  Json json = base_config();
  json[Json::json_pointer(pointer)] = value;
  return read_open_clip_config(json, "test.json");
}

void expect_refused(const std::string& pointer, const Json& value, ErrorCode code,
                    const std::string& reason) {
  expect_error([&] { read_with(pointer, value); }, code, reason);
}

TEST(OpenClipConfig, HasTheDefaultsOfOpenClip) {
  const ModelFile model = read_open_clip_config(base_config(), "test.json");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image), VisionTransformerConfig{});
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text), TextTransformerConfig{});
  EXPECT_EQ(model.preprocessing, Preprocessing{});
}

TEST(OpenClipConfig, ReadsResNets) {
  const ModelFile model = read_with(
      "/model_cfg/vision_cfg",
      {{"image_size", 288}, {"layers", {4, 6, 10, 6}}, {"width", 80}, {"patch_size", nullptr}});
  EXPECT_EQ(std::get<ModifiedResNetConfig>(model.config.image),
            (ModifiedResNetConfig{288, 80, {4, 6, 10, 6}, 40}));
}

TEST(OpenClipConfig, ReadsPreprocessing) {
  const ModelFile model = read_with("/preprocess_cfg", {{"size", {224, 224}},
                                                        {"mode", "RGB"},
                                                        {"mean", 0.5},
                                                        {"std", {0.5, 0.25, 0.125}},
                                                        {"interpolation", "bilinear"},
                                                        {"resize_mode", "longest"},
                                                        {"fill_color", 7}});
  EXPECT_EQ(model.preprocessing, (Preprocessing{.size = 224,
                                                .mode = ResizeMode::longest,
                                                .interpolation = Interpolation::bilinear,
                                                .mean = {0.5F, 0.5F, 0.5F},
                                                .std = {0.5F, 0.25F, 0.125F},
                                                .fill = 7}));
}

TEST(OpenClipConfig, AppliesQuickGeluAndEpsilonToBothTowers) {
  Json json = base_config();
  json["model_cfg"]["quick_gelu"] = true;
  json["model_cfg"]["text_cfg"]["norm_kwargs"] = {{"eps", 1e-6}};
  const ModelFile model = read_open_clip_config(json, "test.json");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image).activation,
            Activation::quick_gelu);
  const auto& text = std::get<TextTransformerConfig>(model.config.text);
  EXPECT_EQ(text.activation, Activation::quick_gelu);
  EXPECT_EQ(text.norm_epsilon, 1e-6F);
}

TEST(OpenClipConfig, AcceptsFieldsThatChangeNothing) {
  Json json = base_config();
  json["model_cfg"]["custom_text"] = true;
  json["model_cfg"]["vision_cfg"]["patch_dropout"] = 0.5;
  json["model_cfg"]["vision_cfg"]["ls_init_value"] = nullptr;
  json["model_cfg"]["text_cfg"]["embed_cls"] = false;
  json["model_cfg"]["text_cfg"]["pool_type"] = "argmax";
  EXPECT_NO_THROW(read_open_clip_config(json, "test.json"));
}

TEST(OpenClipConfig, RefusesWhatNoTowerHasYetAndNamesTheField) {
  const auto refuse = [](const std::string& pointer, const Json& value, const std::string& field) {
    expect_refused(pointer, value, ErrorCode::unsupported, field);
  };
  refuse("/model_cfg/vision_cfg/timm_model_name", "convnext_base", "vision_cfg.timm_model_name");
  refuse("/model_cfg/vision_cfg/attentional_pool", true, "vision_cfg.attentional_pool");
  refuse("/model_cfg/vision_cfg/pool_type", "avg", "vision_cfg.pool_type");
  refuse("/model_cfg/vision_cfg/ls_init_value", 1e-4, "vision_cfg.ls_init_value");
  refuse("/model_cfg/vision_cfg/eva_model_name", "eva-clip-b", "vision_cfg.eva_model_name");
  refuse("/model_cfg/vision_cfg/image_size", {224, 256}, "vision_cfg.image_size");
  refuse("/model_cfg/text_cfg/hf_model_name", "xlm-roberta-base", "text_cfg.hf_model_name");
  refuse("/model_cfg/text_cfg/no_causal_mask", true, "text_cfg.no_causal_mask");
  refuse("/model_cfg/text_cfg/pool_type", "last", "text_cfg.pool_type");
  refuse("/model_cfg/text_cfg/proj_bias", true, "text_cfg.proj_bias");
  refuse("/model_cfg/multimodal_cfg", {{"width", 64}}, "multimodal_cfg");
  refuse("/model_cfg/init_logit_bias", -10, "init_logit_bias");
  refuse("/model_cfg/something_new", 1, "something_new");
  refuse("/preprocess_cfg/interpolation", "random", "interpolation");
}

TEST(OpenClipConfig, RefusesValuesOfTheWrongType) {
  const auto refuse = [](const std::string& pointer, const Json& value, const std::string& field) {
    expect_refused(pointer, value, ErrorCode::corrupt_data, field);
  };
  refuse("/model_cfg/embed_dim", "512", "embed_dim");
  refuse("/model_cfg/embed_dim", 512.5, "embed_dim");
  refuse("/model_cfg/embed_dim", 1e300, "embed_dim");
  refuse("/model_cfg/embed_dim", nullptr, "embed_dim is missing");
  refuse("/model_cfg/vision_cfg", 3, "vision_cfg");
  refuse("/model_cfg/vision_cfg/head_width", 0, "head_width");
  refuse("/model_cfg/vision_cfg/head_width", 100, "head_width");
  refuse("/model_cfg/vision_cfg/mlp_ratio", -1, "mlp_ratio");
  refuse("/model_cfg/vision_cfg/layers", {1, 2}, "layers");
  refuse("/model_cfg/quick_gelu", "yes", "quick_gelu");
  refuse("/preprocess_cfg/mean", {0.5, 0.5}, "mean");
  expect_error([] { read_open_clip_config(Json::array(), "test.json"); }, ErrorCode::corrupt_data,
               "expected an object");
}

}  // namespace
}  // namespace diptych::checkpoint
