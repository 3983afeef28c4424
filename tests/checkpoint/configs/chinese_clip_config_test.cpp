#include "checkpoint/configs/chinese_clip_config.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::BertConfig;
using network::ModifiedResNetConfig;
using network::VisionTransformerConfig;
using test::expect_error;

/// RBT3-chinese, and ViT-H-14 as published.
Json chinese_clip_config() {
  return Json::parse(R"({
    "vision": {"embed_dim": 1024, "image_resolution": 224, "vision_layers": 32,
               "vision_width": 1280, "vision_head_width": 80, "vision_patch_size": 14},
    "text": {"vocab_size": 21128, "text_attention_probs_dropout_prob": 0.1,
             "text_hidden_act": "gelu", "text_hidden_dropout_prob": 0.1, "text_hidden_size": 768,
             "text_initializer_range": 0.02, "text_intermediate_size": 3072,
             "text_max_position_embeddings": 512, "text_num_attention_heads": 12,
             "text_num_hidden_layers": 3, "text_type_vocab_size": 2}
  })");
}

ModelFile read_chinese_clip_with(const std::string& pointer, const Json& value) {
  Json json = chinese_clip_config();
  json[Json::json_pointer(pointer)] = value;
  return read_chinese_clip_config(json, "model_config.json");
}

TEST(ChineseClipConfig, ReadsThePublishedForms) {
  const ModelFile model = read_chinese_clip_with("/vision/vision_patch_size", 14);
  EXPECT_EQ(model.config.embedding_width, 1024);
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            (VisionTransformerConfig{224, 14, 1280, 32, 16, 5120, Activation::quick_gelu}));
  EXPECT_EQ(std::get<BertConfig>(model.config.text), BertConfig{.layers = 3});
}

TEST(ChineseClipConfig, BindsTokenizerAndSquashingPreprocessing) {
  const ModelFile model = read_chinese_clip_with("/vision/image_resolution", 336);
  EXPECT_EQ(model.preprocessing, (Preprocessing{.size = 336, .mode = ResizeMode::squash}));
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::chinese);
}

TEST(ChineseClipConfig, ReadsTheLayersOfAResNetInQuotesToo) {
  for (const Json& layers : {Json({3, 4, 6, 3}), Json("[3,4,6,3]")}) {
    Json json = chinese_clip_config();
    json["vision"] = {{"embed_dim", 1024},
                      {"image_resolution", 224},
                      {"vision_layers", layers},
                      {"vision_width", 64},
                      {"vision_patch_size", nullptr}};
    const ModelFile model = read_chinese_clip_config(json, "model_config.json");
    EXPECT_EQ(std::get<ModifiedResNetConfig>(model.config.image), ModifiedResNetConfig{});
  }
}

TEST(ChineseClipConfig, ReadsWhatItWrites) {
  for (const network::ImageTowerConfig& image : std::initializer_list<network::ImageTowerConfig>{
           VisionTransformerConfig{224, 14, 1280, 32, 16, 5120, Activation::quick_gelu},
           ModifiedResNetConfig{}}) {
    const network::ModelConfig config{
        .embedding_width = 1024, .image = image, .text = BertConfig{}};
    EXPECT_EQ(read_chinese_clip_config(write_chinese_clip_config(config), "x").config, config);
  }
}

TEST(ChineseClipConfig, RefusesWhatItDoesNotKnow) {
  const auto refuse = [](const std::string& pointer, const Json& value, ErrorCode code,
                         const std::string& reason) {
    expect_error([&] { read_chinese_clip_with(pointer, value); }, code, reason);
  };
  refuse("/surplus", 1, ErrorCode::unsupported, "surplus");
  refuse("/vision/surplus", 1, ErrorCode::unsupported, "vision.surplus");
  refuse("/text/surplus", 1, ErrorCode::unsupported, "text.surplus");
  refuse("/text/text_hidden_act", "mish", ErrorCode::unsupported, "text.text_hidden_act");
  refuse("/text/vocab_size", "many", ErrorCode::corrupt_data, "text.vocab_size");
  refuse("/vision/vision_layers", {3, 4, 6}, ErrorCode::corrupt_data, "vision.vision_layers");
  refuse("/vision/vision_layers", {3, 4, 6, -3}, ErrorCode::corrupt_data, "vision.vision_layers");
  refuse("/vision/vision_layers", {3, 4, 6, 1e12}, ErrorCode::corrupt_data, "vision.vision_layers");
  refuse("/vision/vision_layers", "[3,", ErrorCode::corrupt_data, "model_config.json");
  refuse("/vision/vision_head_width", 0, ErrorCode::corrupt_data, "heads of 0");
  refuse("/vision/vision_width", 1 << 30, ErrorCode::corrupt_data, "vision.vision_width");
}

TEST(ChineseClipConfig, RefusesTowersThatChineseClipHasNot) {
  network::ModelConfig config;
  expect_error([&] { write_chinese_clip_config(config); }, ErrorCode::unsupported, "text tower");
}

}  // namespace
}  // namespace diptych::checkpoint
