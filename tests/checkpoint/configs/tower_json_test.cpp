#include "checkpoint/configs/tower_json.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "support/expect_error.h"

namespace diptych::checkpoint {
namespace {

using namespace network;  // NOLINT(google-build-using-namespace)

ConfigFields fields_of(const Json& json) {
  return {json, "tower", "diptych.json"};
}

TEST(TowerJson, ReadsTheImageTowersThatItWrites) {
  const VisionTransformerConfig siglip = {.image_size = 256,
                                          .patch_size = 16,
                                          .width = 64,
                                          .layers = 3,
                                          .heads = 4,
                                          .mlp_width = 128,
                                          .activation = Activation::gelu_tanh,
                                          .norm_epsilon = 1e-6F,
                                          .class_token = false,
                                          .norm_pre = false,
                                          .layer_scale = true,
                                          .patch_bias = true,
                                          .convolution_stem = true,
                                          .class_position = false,
                                          .pooling = ImagePooling::map,
                                          .projection = Projection::none};
  const VisionTransformerConfig coca = {
      .pooling = ImagePooling::queries, .pool_queries = 17, .pool_heads = 4};
  const EvaTransformerConfig eva = {.gated_mlp = true,
                                    .norm = NormKind::rms,
                                    .post_norm = true,
                                    .inner_norms = true,
                                    .query_value_bias = true,
                                    .key_bias = true,
                                    .layer_scale = true,
                                    .rotary_grid = 16,
                                    .rotary_origin = 1,
                                    .rotary_columns_first = true,
                                    .class_token = false,
                                    .norm_pre = true,
                                    .pooling = ImagePooling::map,
                                    .pool_heads = 4,
                                    .projection = Projection::matrix};
  const ModifiedResNetConfig resnet = {
      .image_size = 96, .width = 32, .layers = {1, 2, 1, 2}, .heads = 16};
  const ConvNextConfig convnext = {.widths = {8, 16, 32, 64}, .mlp_projection = true};
  const ViTaminConfig vitamin = {.convolution_widths = {8, 16}, .width = 32, .positions = false};
  const FastVitConfig fastvit = {
      .layers = {1, 2, 1}, .widths = {8, 16, 32}, .attention_norm = true};
  for (const ImageTowerConfig& config : std::initializer_list<ImageTowerConfig>{
           siglip, coca, eva, resnet, convnext, vitamin, fastvit}) {
    const Json json = write_tower(config);
    EXPECT_EQ(read_tower<ImageTowerConfig>(fields_of(json)), config) << json;
  }
}

TEST(TowerJson, ReadsTheTextTowersThatItWrites) {
  const TextTransformerConfig causal = {.layer_scale = true,
                                        .end_of_text_id = 2,
                                        .sinusoids = true,
                                        .projection = Projection::linear};
  const TextTransformerConfig pooled_first = {
      .causal = false, .pooling = TextPooling::first, .pad_id = 3};
  const BertConfig bert = {.pooling = BertPooling::mean, .projection_width = 640};
  for (const TextTowerConfig& config :
       std::initializer_list<TextTowerConfig>{causal, pooled_first, bert}) {
    const Json json = write_tower(config);
    EXPECT_EQ(read_tower<TextTowerConfig>(fields_of(json)), config) << json;
  }
}

/// Files of an older diptych do not have it, and older ones go on reading those of now.
TEST(TowerJson, WritesWhatFewTowersHaveOnlyWhereTheyHaveIt) {
  const Json usual = write_tower(ImageTowerConfig());
  for (const char* field : {"layer_scale", "convolution_stem", "class_position", "pool_queries"})
    EXPECT_FALSE(usual.contains(field)) << field;
  const Json scaled = write_tower(ImageTowerConfig(VisionTransformerConfig{.layer_scale = true}));
  EXPECT_EQ(scaled.at("layer_scale"), true);
  EXPECT_EQ(write_tower(TextTowerConfig()).at("architecture"), "text_transformer");
}

TEST(TowerJson, RefusesAWordOfAnotherTower) {
  Json json = write_tower(ImageTowerConfig(ConvNextConfig()));
  json["projection"] = "cubic";
  test::expect_error([&] { read_tower<ImageTowerConfig>(fields_of(json)); }, ErrorCode::unsupported,
                     "tower.projection: got \"cubic\"");
  json["projection"] = "mlp";
  json["pooling"] = "map";
  test::expect_error([&] { read_tower<ImageTowerConfig>(fields_of(json)); }, ErrorCode::unsupported,
                     "pooling");
}

}  // namespace
}  // namespace diptych::checkpoint
