#include "checkpoint/configs/open_clip_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network/published_models.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::ModifiedResNetConfig;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::expect_error;

/// A config of which tests change a field.
Json open_clip_config() {
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
ModelFile read_open_clip_with(const std::string& pointer, const Json& value) {
  Json json = open_clip_config();
  json[Json::json_pointer(pointer)] = value;
  return read_open_clip_config(json, "test.json");
}

void expect_config_refused(const std::string& pointer, const Json& value, ErrorCode code,
                           const std::string& reason) {
  expect_error([&] { read_open_clip_with(pointer, value); }, code, reason);
}

TEST(OpenClipConfig, HasTheDefaultsOfOpenClip) {
  const ModelFile model = read_open_clip_config(open_clip_config(), "test.json");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image), VisionTransformerConfig{});
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text), TextTransformerConfig{});
  EXPECT_EQ(model.preprocessing, Preprocessing{});
}

TEST(OpenClipConfig, WithoutPreprocessingIsAnAssumption) {
  Json json = open_clip_config();
  EXPECT_TRUE(read_open_clip_config(json, "test.json").assumptions.empty());
  json.erase("preprocess_cfg");
  EXPECT_EQ(read_open_clip_config(json, "test.json").assumptions.size(), 1U);
  EXPECT_TRUE(read_open_clip_config(json, "test.json", Preprocessing{}).assumptions.empty());
}

TEST(OpenClipConfig, ReadsResNets) {
  const ModelFile model = read_open_clip_with(
      "/model_cfg/vision_cfg",
      {{"image_size", 288}, {"layers", {4, 6, 10, 6}}, {"width", 80}, {"patch_size", nullptr}});
  EXPECT_EQ(std::get<ModifiedResNetConfig>(model.config.image),
            (ModifiedResNetConfig{288, 80, {4, 6, 10, 6}, 40}));
}

TEST(OpenClipConfig, ReadsPreprocessing) {
  const ModelFile model = read_open_clip_with("/preprocess_cfg", {{"size", {224, 224}},
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
  Json json = open_clip_config();
  json["model_cfg"]["quick_gelu"] = true;
  json["model_cfg"]["text_cfg"]["norm_kwargs"] = {{"eps", 1e-6}};
  const ModelFile model = read_open_clip_config(json, "test.json");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image).activation,
            Activation::quick_gelu);
  const auto& text = std::get<TextTransformerConfig>(model.config.text);
  EXPECT_EQ(text.activation, Activation::quick_gelu);
  EXPECT_EQ(text.norm_epsilon, 1e-6F);
}

/// As open_clip's ViT-B-16-SigLIP2 has it.
Json siglip_config() {
  return Json::parse(R"({
    "embed_dim": 768, "init_logit_bias": -10, "custom_text": true,
    "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224",
                   "timm_model_pretrained": false, "timm_pool": "map", "timm_proj": "none"},
    "text_cfg": {"context_length": 64, "vocab_size": 256000,
                 "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2",
                 "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 768, "heads": 12,
                 "layers": 12, "no_causal_mask": true, "proj_bias": true, "pool_type": "last",
                 "norm_kwargs": {"eps": 1e-06}, "act_kwargs": {"approximate": "tanh"}}
  })");
}

TEST(OpenClipConfig, ReadsSiglip) {
  const ModelFile model = read_open_clip_config(siglip_config(), "test.json");
  network::ModelConfig expected = test::siglip_b_16();
  auto& text = std::get<TextTransformerConfig>(expected.text);
  text.vocabulary_size = 256000;
  text.activation = Activation::gelu_tanh;
  EXPECT_EQ(model.config, expected);
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::none);
  EXPECT_EQ(model.preprocessing.mode, ResizeMode::squash);
  EXPECT_EQ(model.preprocessing.mean[0], 0.5F);
  EXPECT_THAT(model.assumptions, testing::Contains(testing::HasSubstr("SigLIP's was assumed")));
}

TEST(OpenClipConfig, ReadsTheActivationOfEachSiglipTower) {
  for (const auto& [name, size, activation] :
       std::initializer_list<std::tuple<std::string, int, Activation>>{
           {"vit_base_patch32_siglip_256", 256, Activation::gelu_tanh},
           {"vit_large_patch16_siglip_384", 384, Activation::gelu},
           {"vit_large_patch16_siglip_512", 512, Activation::gelu_tanh},
           {"vit_so400m_patch14_siglip_384", 384, Activation::gelu},
           {"vit_so400m_patch16_siglip_256", 256, Activation::gelu_tanh},
           {"vit_giantopt_patch16_siglip_384", 384, Activation::gelu_tanh}}) {
    Json json = siglip_config();
    json["vision_cfg"]["timm_model_name"] = name;
    json["vision_cfg"]["image_size"] = size;
    const ModelFile model = read_open_clip_config(json, "test.json");
    EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image).activation, activation) << name;
  }
}

TEST(OpenClipConfig, ReadsClipa) {
  Json json = open_clip_config();
  json["model_cfg"]["vision_cfg"].update(
      {{"no_ln_pre", true}, {"pool_type", "avg"}, {"final_ln_after_pool", true}});
  json["model_cfg"]["text_cfg"].update({{"pool_type", "last"}, {"no_causal_mask", true}});
  const ModelFile model = read_open_clip_config(json, "test.json");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            (VisionTransformerConfig{.norm_pre = false, .pooling = network::ImagePooling::mean}));
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text),
            (TextTransformerConfig{.causal = false, .pooling = network::TextPooling::last}));
}

Json convnext_config(const std::string& name, const std::string& projection) {
  Json json = open_clip_config();
  json["model_cfg"]["vision_cfg"] = {{"timm_model_name", name}, {"timm_model_pretrained", false},
                                     {"timm_pool", ""},         {"timm_proj", projection},
                                     {"timm_drop", 0.0},        {"timm_drop_path", 0.1},
                                     {"image_size", 320}};
  return json;
}

TEST(OpenClipConfig, ReadsConvNexts) {
  using network::ConvNextConfig;
  const ModelFile large =
      read_open_clip_config(convnext_config("convnext_large", "mlp"), "test.json");
  EXPECT_EQ(std::get<ConvNextConfig>(large.config.image),
            (ConvNextConfig{.image_size = 320,
                            .layers = {3, 3, 27, 3},
                            .widths = {192, 384, 768, 1536},
                            .mlp_projection = true}));
  const ModelFile largest =
      read_open_clip_config(convnext_config("convnext_xxlarge", "linear"), "test.json");
  EXPECT_EQ(std::get<ConvNextConfig>(largest.config.image).norm_epsilon, 1e-5F);
}

Json coca_config() {
  Json json = open_clip_config();
  json["model_cfg"]["custom_text"] = true;
  json["model_cfg"]["vision_cfg"].update(
      {{"attentional_pool", true}, {"attn_pooler_heads", 8}, {"output_tokens", true}});
  json["model_cfg"]["text_cfg"].update(
      {{"context_length", 76}, {"embed_cls", true}, {"output_tokens", true}});
  json["model_cfg"]["multimodal_cfg"] = {{"width", 512}, {"layers", 12}};
  return json;
}

TEST(OpenClipConfig, ReadsCoca) {
  EXPECT_EQ(read_open_clip_config(coca_config(), "test.json").config,
            test::coca_b_32_with_decoder());
}

TEST(OpenClipConfig, WritesWhatItReads) {
  Json clipa = open_clip_config();
  clipa["model_cfg"]["vision_cfg"].update(
      {{"no_ln_pre", true}, {"pool_type", "avg"}, {"final_ln_after_pool", true}});
  Json unusual = siglip_config();
  unusual["vision_cfg"]["timm_model_kwargs"] = {{"embed_dim", 768}, {"mlp_ratio", 3.7362}};
  unusual["text_cfg"]["pool_type"] = "eos";
  unusual["text_cfg"]["proj_type"] = "none";
  Json own_convnext = convnext_config("convnext_xxlarge", "mlp");
  own_convnext["model_cfg"]["vision_cfg"]["timm_model_kwargs"] = {{"depths", {1, 2, 3, 4}},
                                                                  {"dims", {8, 16, 32, 64}}};
  for (const Json& json : {open_clip_config(), clipa, siglip_config(), unusual, coca_config(),
                           convnext_config("convnext_tiny", "linear"), own_convnext}) {
    ModelFile model = read_open_clip_config(json, "test.json");
    model.tokenizer = {};
    const Json written = write_open_clip_config(model);
    EXPECT_EQ(read_open_clip_config(written, "written.json").config, model.config) << written;
  }
}

TEST(OpenClipConfig, AcceptsFieldsThatChangeNothing) {
  Json json = open_clip_config();
  json["model_cfg"]["custom_text"] = true;
  json["model_cfg"]["vision_cfg"]["patch_dropout"] = 0.5;
  json["model_cfg"]["vision_cfg"]["ls_init_value"] = nullptr;
  json["model_cfg"]["text_cfg"]["embed_cls"] = false;
  json["model_cfg"]["text_cfg"]["pool_type"] = "argmax";
  EXPECT_NO_THROW(read_open_clip_config(json, "test.json"));
}

TEST(OpenClipConfig, RefusesWhatNoTowerHasYetAndNamesTheField) {
  const auto refuse = [](const std::string& pointer, const Json& value, const std::string& field) {
    expect_config_refused(pointer, value, ErrorCode::unsupported, field);
  };
  refuse("/model_cfg/vision_cfg/timm_model_name", "swin_base_patch4_window7_224",
         "vision_cfg.timm_model_name");
  refuse("/model_cfg/vision_cfg/attentional_pool", "parallel", "vision_cfg.attentional_pool");
  refuse("/model_cfg/vision_cfg/pool_type", "avg", "vision_cfg.pool_type");
  refuse("/model_cfg/vision_cfg/eva_model_name", "eva-clip-b", "vision_cfg.eva_model_name");
  refuse("/model_cfg/vision_cfg/image_size", {224, 256}, "vision_cfg.image_size");
  refuse("/model_cfg/text_cfg/hf_model_name", "mt5-base", "text_cfg.hf_model_name");
  refuse("/model_cfg/text_cfg/pool_type", "first", "text_cfg.pool_type");
  refuse("/model_cfg/text_cfg/proj_type", "mlp", "text_cfg.proj_type");
  refuse("/model_cfg/text_cfg/act_kwargs", {{"approximate", "sin"}}, "text_cfg.act_kwargs");
  refuse("/model_cfg/something_new", 1, "something_new");
  refuse("/preprocess_cfg/interpolation", "random", "interpolation");
}

/// Defaults would make a tower that nobody asked for.
TEST(OpenClipConfig, RefusesAConfigWithoutATower) {
  for (const std::string tower : {"vision_cfg", "text_cfg"}) {
    Json json = open_clip_config();
    json["model_cfg"].erase(tower);
    expect_error([&] { read_open_clip_config(json, "test.json"); }, ErrorCode::corrupt_data,
                 "config: " + tower + " is missing (test.json)");
  }
}

TEST(OpenClipConfig, RefusesValuesOfTheWrongType) {
  const auto refuse = [](const std::string& pointer, const Json& value, const std::string& field) {
    expect_config_refused(pointer, value, ErrorCode::corrupt_data, field);
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

TEST(OpenClipConfig, RefusesOptionsOfClipsOwnTokenizer) {
  const std::string options = "/model_cfg/text_cfg/tokenizer_kwargs";
  EXPECT_NO_THROW(read_open_clip_with(options, {{"clean", "lower"}}));
  expect_config_refused(options, {{"clean", "canonicalize"}}, ErrorCode::unsupported,
                        "tokenizer_kwargs.clean");
}

TEST(OpenClipConfig, AssumesThatFieldsBesideTheModelChangeNothing) {
  const std::size_t assumed =
      read_open_clip_config(open_clip_config(), "test.json").assumptions.size();
  const auto with_field = read_open_clip_with("/tokenizer_cfg", {{"x", 1}}).assumptions;
  ASSERT_EQ(with_field.size(), assumed + 1);
  EXPECT_THAT(with_field.back(), ::testing::HasSubstr("change nothing: tokenizer_cfg"));
}

}  // namespace
}  // namespace diptych::checkpoint
