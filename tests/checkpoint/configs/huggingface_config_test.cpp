#include "checkpoint/configs/huggingface_config.h"

#include <gtest/gtest.h>

#include "checkpoint/configs/huggingface_fields.h"
#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::kLargestId;
using network::TextTransformerConfig;
using network::VisionTransformerConfig;
using test::expect_error;

ModelFile read_huggingface(const std::string& text) {
  return read_huggingface_config(Json::parse(text), "config.json");
}

TEST(HuggingFaceConfig, HasTheDefaultsOfTransformers) {
  const ModelFile model = read_huggingface(R"({"model_type": "clip"})");
  EXPECT_EQ(model.config.embedding_width, 512);
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            VisionTransformerConfig{.activation = Activation::quick_gelu});
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text),
            TextTransformerConfig{.activation = Activation::quick_gelu});
}

/// What a config says, with what transformers does to every picture.
Preprocessing of_transformers(Preprocessing preprocessing) {
  preprocessing.background = {255, 255, 255};
  preprocessing.conversion = RgbConversion::first;
  if (preprocessing.mode == ResizeMode::shortest) preprocessing.crop_start = CropStart::down;
  return preprocessing;
}

// CLIPConfig.__post_init__: the whole of such a part counts, its defaults too.
TEST(HuggingFaceConfig, TakesOlderNamesOfItsPartsBeforeTheNewer) {
  const ModelFile model = read_huggingface(R"({"model_type": "clip",
      "text_config": {"hidden_act": "quick_gelu", "hidden_size": 64},
      "text_config_dict": {"hidden_act": "gelu"},
      "vision_config": {"num_hidden_layers": 3}, "vision_config_dict": null})");
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text), TextTransformerConfig{});
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image).layers, 3);
}

TEST(HuggingFaceConfig, BindsChineseClip) {
  const ModelFile model = read_huggingface(R"({"model_type": "chinese_clip",
                                   "text_config": {"vocab_size": 21128, "hidden_act": "gelu_new",
                                                   "max_position_embeddings": 40}})");
  EXPECT_EQ(std::get<VisionTransformerConfig>(model.config.image),
            VisionTransformerConfig{.activation = Activation::quick_gelu});
  EXPECT_EQ(std::get<network::BertConfig>(model.config.text),
            (network::BertConfig{
                .context_length = 40, .activation = Activation::gelu_tanh, .positions = 40}));
  EXPECT_EQ(model.preprocessing, of_transformers({.mode = ResizeMode::squash}));
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::chinese);
  expect_error(
      [] {
        read_huggingface(R"({"model_type": "chinese_clip",
                 "text_config": {"position_embedding_type": "relative_key"}})");
      },
      ErrorCode::unsupported, "position_embedding_type");
}

TEST(HuggingFaceConfig, ReadsSiglip) {
  const ModelFile model = read_huggingface_siglip_config(
      Json::parse(R"({"model_type": "siglip", "text_config": {"vocab_size": 256000},
                      "vision_config": {"image_size": 256}})"),
      "config.json");
  EXPECT_EQ(model.config.embedding_width, 768);
  EXPECT_TRUE(model.config.logit_bias);
  const auto& image = std::get<network::VisionTransformerConfig>(model.config.image);
  EXPECT_EQ(image.image_size, 256);
  EXPECT_EQ(image.pooling, network::ImagePooling::map);
  EXPECT_EQ(image.activation, network::Activation::gelu_tanh);
  const auto& text = std::get<network::TextTransformerConfig>(model.config.text);
  EXPECT_EQ(text.vocabulary_size, 256000);
  EXPECT_EQ(text.context_length, 64);
  EXPECT_FALSE(text.causal);
  EXPECT_EQ(model.preprocessing.mode, ResizeMode::squash);
  EXPECT_EQ(model.preprocessing.size, 256);
}

TEST(HuggingFaceConfig, RefusesSiglipsOfOtherParts) {
  const auto refused = [](const std::string& text, ErrorCode code, const std::string& reason) {
    test::expect_error([&] { read_huggingface_siglip_config(Json::parse(text), "config.json"); },
                       code, reason);
  };
  refused(R"({"model_type": "siglip2", "text_config": {}, "vision_config": {}})",
          ErrorCode::unsupported, "model_type");
  refused(
      R"({"model_type": "siglip", "text_config": {}, "vision_config": {"vision_use_head": false}})",
      ErrorCode::unsupported, "vision_use_head");
  refused(
      R"({"model_type": "siglip", "text_config": {"projection_size": 512}, "vision_config": {}})",
      ErrorCode::corrupt_data, "projection_size");
}

TEST(HuggingFaceConfig, PoolsAtTheStatedToken) {
  const auto end_of_text = [](const std::string& id) {
    const ModelFile model = read_huggingface(
        R"({"model_type": "clip", "text_config": {"vocab_size": 600, "eos_token_id": )" + id +
        "}}");
    return std::get<TextTransformerConfig>(model.config.text).end_of_text_id;
  };
  EXPECT_EQ(end_of_text("599"), kLargestId);
  EXPECT_EQ(end_of_text("2"), kLargestId);  // written by old versions whatever the vocabulary
  EXPECT_EQ(end_of_text("77"), 77);
  expect_error([&] { end_of_text("600"); }, ErrorCode::corrupt_data, "eos_token_id");
}

// Its published configs say 2 and mean it.
TEST(HuggingFaceConfig, PoolsMetaClip2AtTheStatedToken) {
  const ModelFile model = read_huggingface(
      R"({"model_type": "metaclip_2", "text_config": {"vocab_size": 600, "eos_token_id": 2}})");
  EXPECT_EQ(std::get<TextTransformerConfig>(model.config.text).end_of_text_id, 2);
  EXPECT_EQ(model.tokenizer.kind, TokenizerSpec::Kind::none);
}

TEST(HuggingFaceConfig, RefusesWhatNoTowerHasYet) {
  expect_error([] { read_huggingface(R"({"model_type": "siglip"})"); }, ErrorCode::unsupported,
               "siglip");
  expect_error(
      [] { read_huggingface(R"({"model_type": "clip", "vision_config": {"num_channels": 4}})"); },
      ErrorCode::unsupported, "num_channels");
  expect_error(
      [] { read_huggingface(R"({"model_type": "clip", "text_config": {"hidden_act": "mish"}})"); },
      ErrorCode::unsupported, "mish");
}

Preprocessing read_preprocessing(const std::string& text) {
  return read_huggingface_preprocessing(Json::parse(text), 224, "preprocessor_config.json");
}

TEST(HuggingFaceConfig, ReadsPreprocessingOfEveryAge) {
  EXPECT_EQ(read_preprocessing("{}"), of_transformers({}));
  EXPECT_EQ(read_preprocessing(R"({"size": 336, "crop_size": 336})"),
            of_transformers({.size = 336}));
  EXPECT_EQ(read_preprocessing(R"({"size": {"shortest_edge": 336}, "resample": 2,
                                   "crop_size": {"height": 336, "width": 336},
                                   "image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1]})"),
            of_transformers({.size = 336,
                             .interpolation = Interpolation::bilinear,
                             .mean = {0.5F, 0.5F, 0.5F},
                             .std = {1.0F, 1.0F, 1.0F}}));
  EXPECT_EQ(read_preprocessing(R"({"size": {"height": 256, "width": 256}})"),
            of_transformers({.size = 256, .mode = ResizeMode::squash}));
}

// ChineseCLIPImageProcessor takes a bare number for both sides, CLIPImageProcessor for the
// shortest.
TEST(HuggingFaceConfig, ReadsABareSizeAsTheFamilyDoes) {
  const Json json = Json::parse(R"({"size": 224, "do_center_crop": false})");
  EXPECT_EQ(read_huggingface_preprocessing(json, 224, "p.json", ResizeMode::squash),
            of_transformers({.mode = ResizeMode::squash}));
  EXPECT_EQ(read_huggingface_preprocessing(Json::parse(R"({"size": {"shortest_edge": 224}})"), 224,
                                           "p.json", ResizeMode::squash),
            of_transformers({}));
}

TEST(HuggingFaceConfig, RefusesPreprocessingThatItHasNot) {
  const auto refuse = [](const std::string& text, const std::string& field) {
    expect_error([&] { read_preprocessing(text); }, ErrorCode::unsupported, field);
  };
  refuse(R"({"size": 256, "crop_size": 224})", "256");
  refuse(R"({"size": 224, "do_center_crop": false})", "size");
  refuse(R"({"resample": 1})", "resample");
  refuse(R"({"do_resize": false})", "do_resize");
  refuse(R"({"do_normalize": false})", "do_normalize");
  refuse(R"({"do_pad": true})", "do_pad");
  refuse(R"({"rescale_factor": 1.0})", "rescale_factor: got 1");
}

TEST(HuggingFaceConfig, SaysThatItTakesAnUnknownProcessorForClips) {
  const auto assumed = [](const char* text) { return assumed_processor(Json::parse(text)); };
  EXPECT_EQ(assumed("{}"), std::nullopt);
  for (const char* known : {R"({"image_processor_type": "CLIPImageProcessorFast"})",
                            R"({"image_processor_type": "SiglipImageProcessor"})",
                            R"({"feature_extractor_type": "ChineseCLIPFeatureExtractor"})"})
    EXPECT_EQ(assumed(known), std::nullopt) << known;
  const auto other = assumed(R"({"image_processor_type": "FooImageProcessor"})");
  ASSERT_TRUE(other.has_value());
  EXPECT_NE(other->find("FooImageProcessor"), std::string::npos);
}

TEST(HuggingFaceConfig, AssumesThatFieldsItDoesNotKnowChangeNothing) {
  EXPECT_TRUE(read_huggingface(R"({"model_type": "clip", "torch_dtype": "float32",
      "text_config": {"typical_p": 1.0, "id2label": {"0": "x"}, "eos_token_id": 2, "rope": false},
      "text_config_dict": null, "vision_config": {"dropout": 0.1}})")
                  .assumptions.empty());
  EXPECT_EQ(read_huggingface(R"({"model_type": "clip", "quantization_config": {"bits": 4},
      "vision_config": {"use_rope": true, "layer_norm_epsilon": 0.1}})")
                .assumptions,
            std::vector<std::string>{
                "config.json has fields that diptych does not know and took to change nothing: "
                "vision_config.layer_norm_epsilon, vision_config.use_rope, quantization_config."});
  EXPECT_EQ(
      read_huggingface(R"({"model_type": "clip_text_model", "use_rope": true})").assumptions.size(),
      1U);
  EXPECT_EQ(read_huggingface_siglip_config(
                Json::parse(R"({"model_type": "siglip", "text_config": {"use_rope": true}})"),
                "config.json")
                .assumptions.size(),
            1U);
}

TEST(HuggingFaceConfig, KnowsWhatAnImageProcessorHas) {
  EXPECT_TRUE(unknown_preprocessing(Json::parse(R"({"size": 224, "use_fast": true,
      "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": true, "do_pad": false})"))
                  .empty());
  EXPECT_EQ(unknown_preprocessing(Json::parse(R"({"crop_pct": 0.875})")),
            std::vector<std::string>{"crop_pct"});
}

}  // namespace
}  // namespace diptych::checkpoint
