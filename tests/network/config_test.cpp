#include "network/config.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "network/model.h"
#include "network/published_models.h"
#include "support/expect_error.h"

namespace diptych::network {
namespace {

using test::expect_error;
using test::rn50;
using test::vit_b_32;

TEST(Config, AcceptsThePublishedModels) {
  for (const ModelConfig& config :
       {vit_b_32(), test::vit_l_14(), rn50(), test::rn50x4(), test::siglip_b_16(),
        test::convnext_base_w(), test::coca_b_32(), test::coca_b_32_with_decoder(),
        test::eva01_g_14(), test::eva02_l_14(), test::eva_18b(), test::chinese_vit_b_16(),
        test::pe_core_b_16(), test::siglip2_naflex_b_16(), test::vitamin_l(),
        test::mobileclip2_s0(), test::xlm_roberta_vit_b_32()})
    EXPECT_NO_THROW(validate(config));
}

TEST(Config, SaysWhatATowerTakes) {
  EXPECT_EQ(image_size(VisionTransformerConfig{.image_size = 336}), 336);
  EXPECT_EQ(image_size(ModifiedResNetConfig{.image_size = 288}), 288);
  EXPECT_EQ(patch_count(EvaTransformerConfig{.image_size = 336}), 24 * 24);
  EXPECT_EQ(patch_count(ModifiedResNetConfig{}), 0);
  EXPECT_EQ(context_length(TextTransformerConfig{.context_length = 52}), 52);
  EXPECT_EQ(vocabulary_size(TextTransformerConfig{.vocabulary_size = 21128}), 21128);
  EXPECT_EQ(context_length(BertConfig{.context_length = 64}), 64);
  EXPECT_EQ(vocabulary_size(BertConfig{.vocabulary_size = 250002}), 250002);
}

struct BadConfig {
  std::string field;
  std::function<void(ModelConfig&)> spoil;
};

void expect_refused(const ModelConfig& good, const std::vector<BadConfig>& bad_configs) {
  for (const BadConfig& bad : bad_configs) {
    ModelConfig config = good;
    bad.spoil(config);
    expect_error([&] { validate(config); }, ErrorCode::invalid_argument, bad.field + ": got");
  }
}

template <typename Tower, typename Value>
std::function<void(ModelConfig&)> image(Value Tower::*field, Value value) {
  return [=](ModelConfig& config) { std::get<Tower>(config.image).*field = value; };
}

template <typename Tower, typename Value>
std::function<void(ModelConfig&)> text(Value Tower::*field, Value value) {
  return [=](ModelConfig& config) { std::get<Tower>(config.text).*field = value; };
}

TEST(Config, RefusesBadVisionTransformers) {
  using Tower = VisionTransformerConfig;
  expect_refused(vit_b_32(), {{"embed_dim", [](ModelConfig& c) { c.embedding_width = 0; }},
                              {"image_size", image(&Tower::image_size, 0)},
                              {"image_size", image(&Tower::image_size, 1 << 20)},
                              {"patch_size", image(&Tower::patch_size, 0)},
                              {"patch_size", image(&Tower::patch_size, 225)},
                              {"vision width", image(&Tower::width, 0)},
                              {"vision width", image(&Tower::width, 1 << 30)},
                              {"vision layers", image(&Tower::layers, 0)},
                              {"vision layers", image(&Tower::layers, 1 << 20)},
                              {"vision heads", image(&Tower::heads, 0)},
                              {"vision width", image(&Tower::heads, 7)},
                              {"vision mlp width", image(&Tower::mlp_width, -1)},
                              {"vision pooling", image(&Tower::class_token, false)},
                              {"vision width", image(&Tower::projection, Projection::none)}});
}

TEST(Config, RefusesBadEvaTransformers) {
  using Tower = EvaTransformerConfig;
  expect_refused(test::eva02_l_14(),
                 {{"image_size", image(&Tower::image_size, 1 << 20)},
                  {"patch_size", image(&Tower::patch_size, 0)},
                  {"vision width", image(&Tower::width, 0)},
                  {"vision layers", image(&Tower::layers, 0)},
                  {"vision width", image(&Tower::heads, 7)},
                  {"vision mlp width", image(&Tower::mlp_width, 0)},
                  {"rotary grid", image(&Tower::rotary_grid, -1)},
                  {"rotary origin", image(&Tower::rotary_origin, -1)},
                  {"vision pooling", image(&Tower::class_token, false)},
                  {"vision pooling", image(&Tower::pooling, ImagePooling::mean)},
                  {"vision key bias",
                   [](ModelConfig& c) {
                     auto& tower = std::get<Tower>(c.image);
                     tower.query_value_bias = false;
                     tower.key_bias = true;
                   }},
                  {"vision grid", image(&Tower::image_size, 8192)},
                  {"vision head width", image(&Tower::heads, 512)},
                  {"vision head width", [](ModelConfig& c) {
                     auto& tower = std::get<Tower>(c.image);
                     tower.width = 16384;
                     tower.heads = 4;
                   }}});
}

TEST(Config, RefusesBadMapPools) {
  using Tower = EvaTransformerConfig;
  expect_refused(test::pe_core_b_16(), {{"vision pool heads", image(&Tower::pool_heads, 0)},
                                        {"vision width", image(&Tower::pool_heads, 7)}});
}

TEST(Config, RefusesBadResNets) {
  using Tower = ModifiedResNetConfig;
  expect_refused(rn50(), {{"image_size", image(&Tower::image_size, 225)},
                          {"image_size", image(&Tower::image_size, 0)},
                          {"vision width", image(&Tower::width, 0)},
                          {"vision width", image(&Tower::width, 63)},
                          {"vision layers", image(&Tower::layers, {3, 4, 0, 3})},
                          {"vision heads", image(&Tower::heads, 0)},
                          {"attention pool width", image(&Tower::heads, 31)}});
}

TEST(Config, RefusesBadConvNexts) {
  using Tower = ConvNextConfig;
  expect_refused(test::convnext_base_w(),
                 {{"image_size", image(&Tower::image_size, 250)},
                  {"image_size", image(&Tower::image_size, 0)},
                  {"vision layers", image(&Tower::layers, {3, 0, 27, 3})},
                  {"vision layers", image(&Tower::layers, {3, 3, 1 << 20, 3})},
                  {"vision width", image(&Tower::widths, {128, 256, -1, 1024})},
                  {"vision width", image(&Tower::widths, {128, 256, 512, 1 << 20})}});
}

TEST(Config, RefusesBadPools) {
  using Tower = VisionTransformerConfig;
  expect_refused(test::coca_b_32(),
                 {{"vision pool queries", image(&Tower::pool_queries, 0)},
                  {"vision pool queries", image(&Tower::pool_queries, 1 << 30)},
                  {"vision pool heads", image(&Tower::pool_heads, 0)},
                  {"embed_dim", image(&Tower::pool_heads, 7)},
                  {"text pooling", text(&TextTransformerConfig::causal, false)}});
}

TEST(Config, RefusesBadViTamins) {
  using Tower = ViTaminConfig;
  using Pair = std::array<int, 2>;
  expect_refused(test::vitamin_l(),
                 {{"image_size", image(&Tower::image_size, 0)},
                  {"image_size", image(&Tower::image_size, 232)},
                  {"vision convolution layers", image(&Tower::convolution_layers, Pair{2, 0})},
                  {"vision convolution width", image(&Tower::convolution_widths, Pair{1 << 20, 8})},
                  {"vision width", image(&Tower::width, 0)},
                  {"vision layers", image(&Tower::layers, 0)},
                  {"vision heads", image(&Tower::heads, 0)},
                  {"vision width", image(&Tower::heads, 7)},
                  {"vision mlp width", image(&Tower::mlp_width, 0)}});
}

TEST(Config, RefusesBadConvolutionStems) {
  using Tower = VisionTransformerConfig;
  ModelConfig stem = test::vit_b_32();
  auto& tower = std::get<Tower>(stem.image);
  tower.patch_size = 16;
  tower.convolution_stem = true;
  expect_refused(stem, {{"patch_size", image(&Tower::patch_size, 32)},
                        {"image_size", image(&Tower::image_size, 230)},
                        {"vision width", [](ModelConfig& config) {
                           auto& odd = std::get<Tower>(config.image);
                           odd.width = 6;
                           odd.heads = 2;
                         }}});
}

TEST(Config, RefusesBadFastVits) {
  using Tower = FastVitConfig;
  using Stages = std::vector<int>;
  expect_refused(test::mobileclip2_s0(),
                 {{"image_size", image(&Tower::image_size, 0)},
                  {"image_size", image(&Tower::image_size, 240)},
                  {"vision stages", image(&Tower::widths, Stages{})},
                  {"vision stages", image(&Tower::widths, Stages(40, 64))},
                  {"vision stages with layers", image(&Tower::layers, Stages{2, 6, 10})},
                  {"vision layers", image(&Tower::layers, Stages{2, 0, 10, 2})},
                  {"vision width", image(&Tower::widths, Stages{0, 128, 256, 512})},
                  {"vision width", image(&Tower::widths, Stages{64, 96, 256, 512})},
                  {"vision width", image(&Tower::widths, Stages{3, 6, 12, 24})},
                  {"vision width", image(&Tower::widths, Stages{64, 128, 256, 1 << 20})},
                  {"vision mlp ratio", image(&Tower::mlp_ratio, 0)},
                  {"vision mlp ratio", image(&Tower::mlp_ratio, 1 << 20)},
                  {"vision attention stages", image(&Tower::attention_stages, 5)},
                  {"vision excited stages", image(&Tower::excited_stages, 4)}});
}

TEST(Config, RefusesSinusoidsThatItCannotCompute) {
  ModelConfig nllb = vit_b_32();
  auto& tower = std::get<TextTransformerConfig>(nllb.text);
  tower.causal = false;
  tower.pooling = TextPooling::first;
  tower.sinusoids = true;
  EXPECT_NO_THROW(validate(nllb));
  using Text = TextTransformerConfig;
  expect_refused(nllb, {{"text pooling", text(&Text::causal, true)},
                        {"pad_id", text(&Text::pad_id, -1)},
                        {"pad_id", text(&Text::pad_id, 49408)}});
  tower.pooling = TextPooling::end_of_text;
  tower.heads = 1;
  expect_refused(nllb,
                 {{"text width", text(&Text::width, 2)}, {"text width", text(&Text::width, 5)}});
  tower.causal = true;
  expect_refused(nllb, {{"text pooling", text(&Text::pooling, TextPooling::class_token)}});
}

TEST(Config, RefusesBadDecoders) {
  using Decoder = MultimodalDecoderConfig;
  const auto decoder = [](int Decoder::*field, int value) {
    return [=](ModelConfig& config) { (*config.decoder).*field = value; };
  };
  expect_refused(test::coca_b_32_with_decoder(),
                 {{"decoder", image(&VisionTransformerConfig::pooling, ImagePooling::class_token)},
                  {"decoder", text(&TextTransformerConfig::pooling, TextPooling::end_of_text)},
                  {"vision pool queries", image(&VisionTransformerConfig::pool_queries, 1)},
                  {"decoder width", decoder(&Decoder::width, 256)},
                  {"decoder width", text(&TextTransformerConfig::width, 256)},
                  {"decoder layers", decoder(&Decoder::layers, 0)},
                  {"decoder layers", decoder(&Decoder::layers, 1 << 20)},
                  {"decoder heads", decoder(&Decoder::heads, 0)},
                  {"decoder width", decoder(&Decoder::heads, 7)},
                  {"decoder mlp width", decoder(&Decoder::mlp_width, 0)}});
}

TEST(Config, RefusesBadTextTowers) {
  using Tower = TextTransformerConfig;
  expect_refused(vit_b_32(), {{"context_length", text(&Tower::context_length, 0)},
                              {"context_length", text(&Tower::context_length, 1 << 30)},
                              {"vocab_size", text(&Tower::vocabulary_size, 0)},
                              {"text width", text(&Tower::width, 0)},
                              {"text layers", text(&Tower::layers, 0)},
                              {"text heads", text(&Tower::heads, 0)},
                              {"text width", text(&Tower::heads, 7)},
                              {"text mlp width", text(&Tower::mlp_width, 0)}});
  expect_refused(test::vit_l_14(), {{"text width", [](ModelConfig& config) {
                                       config.embedding_width = 512;
                                       std::get<Tower>(config.text).projection = Projection::none;
                                     }}});
}

TEST(Config, RefusesBadBerts) {
  using Tower = BertConfig;
  expect_refused(test::chinese_vit_b_16(),
                 {{"context_length", text(&Tower::context_length, 0)},
                  {"vocab_size", text(&Tower::vocabulary_size, 0)},
                  {"text width", text(&Tower::width, 1 << 30)},
                  {"text layers", text(&Tower::layers, 0)},
                  {"text heads", text(&Tower::heads, 0)},
                  {"text width", text(&Tower::heads, 7)},
                  {"text mlp width", text(&Tower::mlp_width, 0)},
                  {"first position", text(&Tower::first_position, -1)},
                  {"positions", text(&Tower::positions, 51)},
                  {"positions", text(&Tower::first_position, 461)},
                  {"positions", text(&Tower::positions, 1 << 30)},
                  {"token types", text(&Tower::token_types, 0)},
                  {"pad id", text(&Tower::pad_id, 21128)},
                  {"projection width", text(&Tower::projection_width, -1)}});
}

TEST(ModelConfig, RefusesEpsilonsThatNoModelHas) {
  for (const float epsilon : {-1e-5F, 1.0F, std::nanf("")}) {
    ModelConfig config;
    std::get<TextTransformerConfig>(config.text).norm_epsilon = epsilon;
    test::expect_error([&] { make_model(config); }, ErrorCode::invalid_argument, "the epsilon of");
  }
}

}  // namespace
}  // namespace diptych::network
