#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "network/model.h"
#include "tensor/tensor.h"

namespace diptych::test {

/// Weights for every parameter, far enough from their starting values that biases, norms and
/// running statistics matter.
inline TensorMap random_weights(const network::Model& model, std::uint64_t seed) {
  TensorMap weights;
  std::uint64_t stream = 0;
  for (const network::ParameterSpec& spec : model.parameters.specs()) {
    Random random(seed, stream++);
    const bool normal = spec.initialiser.kind == network::Initialiser::Kind::normal;
    std::vector<float> values(static_cast<std::size_t>(element_count(spec.shape)));
    for (float& value : values)
      value = normal ? static_cast<float>(random.normal()) * spec.initialiser.value
                     : spec.initialiser.value + static_cast<float>(random.uniform(-0.2, 0.2));
    weights.add(spec.name, TensorBuffer(spec.shape, values));
  }
  return weights;
}

inline std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

/// Texts of these lengths, each ending with the largest id.
inline network::Tokens random_tokens(const std::vector<int>& lengths, int vocabulary,
                                     std::uint64_t seed) {
  Random random(seed);
  network::Tokens tokens;
  for (const int length : lengths) {
    std::vector<std::int32_t> text;
    while (static_cast<int>(text.size()) + 1 < length)
      text.push_back(
          static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocabulary) - 1)));
    text.push_back(vocabulary - 1);
    tokens.append(text);
  }
  return tokens;
}

/// The same texts as a tower that appends class tokens takes them, every other one after padding.
inline network::Tokens with_class_tokens(const network::Tokens& tokens, int vocabulary) {
  network::Tokens result;
  for (int i = 0; i < tokens.sequences.count(); ++i) {
    const auto begin = tokens.ids.begin() + tokens.sequences.begin(i);
    std::vector<std::int32_t> text(begin, begin + tokens.sequences.length(i));
    text.push_back(vocabulary + i % 2);
    result.append(text);
  }
  return result;
}

/// Small models whose sizes are no multiples of a vector's: widths, heads, grids and all.
inline network::ModelConfig small_vit(network::Activation activation) {
  return {.embedding_width = 20,
          .image = network::VisionTransformerConfig{.image_size = 28,
                                                    .patch_size = 7,
                                                    .width = 80,
                                                    .layers = 2,
                                                    .heads = 2,
                                                    .mlp_width = 300,
                                                    .activation = activation},
          .text = network::TextTransformerConfig{.context_length = 50,
                                                 .vocabulary_size = 97,
                                                 .width = 72,
                                                 .heads = 3,
                                                 .layers = 3,
                                                 .mlp_width = 290,
                                                 .activation = activation}};
}

/// As SigLIP's: no class token, map pooling, text without a mask, a bias; and a projection.
inline network::ModelConfig small_siglip() {
  network::ModelConfig config = small_vit(network::Activation::gelu_tanh);
  auto& image = std::get<network::VisionTransformerConfig>(config.image);
  image.class_token = false;
  image.norm_pre = false;
  image.patch_bias = true;
  image.pooling = network::ImagePooling::map;
  image.projection = network::Projection::linear;
  auto& text = std::get<network::TextTransformerConfig>(config.text);
  text.causal = false;
  text.pooling = network::TextPooling::last;
  text.projection = network::Projection::linear;
  config.logit_bias = true;
  return config;
}

/// With so many blocks in the image tower, a vision transformer.
inline network::ModelConfig deeper(network::ModelConfig config, int layers) {
  std::get<network::VisionTransformerConfig>(config.image).layers = layers;
  return config;
}

/// As CLIPA's: no ln_pre, mean pooling; and a text without a mask that is pooled at its end token.
inline network::ModelConfig small_clipa() {
  network::ModelConfig config = small_vit(network::Activation::gelu);
  auto& image = std::get<network::VisionTransformerConfig>(config.image);
  image.norm_pre = false;
  image.pooling = network::ImagePooling::mean;
  std::get<network::TextTransformerConfig>(config.text).causal = false;
  return config;
}

inline network::ModelConfig small_resnet() {
  network::ModelConfig config = small_vit(network::Activation::quick_gelu);
  config.image = network::ModifiedResNetConfig{
      .image_size = 64, .width = 6, .layers = {1, 2, 1, 1}, .heads = 4};
  return config;
}

inline network::ModelConfig small_eva(const network::EvaTransformerConfig& tower) {
  network::ModelConfig config = small_vit(network::Activation::gelu);
  config.image = tower;
  return config;
}

/// EVA-02's image tower with all that it adds, and layer scale.
inline network::ModelConfig small_eva_02() {
  return small_eva({.image_size = 28,
                    .patch_size = 7,
                    .width = 72,
                    .layers = 2,
                    .heads = 3,
                    .mlp_width = 190,
                    .activation = network::Activation::silu,
                    .gated_mlp = true,
                    .inner_norms = true,
                    .layer_scale = true,
                    .rotary_grid = 16});
}

/// That of the 18-billion model.
inline network::ModelConfig small_eva_18b() {
  return small_eva({.image_size = 28,
                    .patch_size = 7,
                    .width = 72,
                    .layers = 2,
                    .heads = 2,
                    .mlp_width = 190,
                    .norm = network::NormKind::rms,
                    .post_norm = true,
                    .query_value_bias = false,
                    .projection = network::Projection::matrix});
}

/// As PE-Core's: rotary positions that count columns first from one, a stacked bias, a norm before
/// the blocks, a map pool, and no class token in the giant.
inline network::ModelConfig small_pe_core(bool class_token) {
  return small_eva({.image_size = 28,
                    .patch_size = 7,
                    .width = 72,
                    .layers = 2,
                    .heads = 3,
                    .mlp_width = 190,
                    .key_bias = true,
                    .rotary_grid = 4,
                    .rotary_origin = 1,
                    .rotary_columns_first = true,
                    .class_token = class_token,
                    .norm_pre = true,
                    .pooling = network::ImagePooling::map,
                    .pool_heads = 4});
}

/// `positions`: learned ones, which ViTamin-XL has not.
inline network::ModelConfig small_vitamin(bool positions) {
  network::ModelConfig config = small_vit(network::Activation::gelu);
  config.image = network::ViTaminConfig{.image_size = 48,
                                        .convolution_layers = {1, 2},
                                        .convolution_widths = {10, 18},
                                        .width = 36,
                                        .layers = 2,
                                        .heads = 3,
                                        .mlp_width = 70,
                                        .positions = positions};
  return config;
}

inline network::ModelConfig small_naflex() {
  network::ModelConfig config = small_siglip();
  config.image = network::NaflexTransformerConfig{.image_size = 48,
                                                  .patch_size = 12,
                                                  .width = 20,
                                                  .layers = 2,
                                                  .heads = 2,
                                                  .mlp_width = 70,
                                                  .position_grid = 3};
  return config;
}

/// As NLLB's: positions computed, no mask, the first token pooled.
inline network::ModelConfig small_nllb() {
  network::ModelConfig config = small_vit(network::Activation::relu);
  auto& text = std::get<network::TextTransformerConfig>(config.text);
  text.causal = false;
  text.pooling = network::TextPooling::first;
  text.pad_id = 1;
  text.sinusoids = true;
  return config;
}

/// With a mean as RoBERTa has it, otherwise as Chinese-CLIP.
inline network::ModelConfig small_bert(network::BertPooling pooling) {
  network::ModelConfig config = small_vit(network::Activation::quick_gelu);
  const bool takes_mean = pooling == network::BertPooling::mean;
  config.text = network::BertConfig{.context_length = 50,
                                    .vocabulary_size = 97,
                                    .width = 72,
                                    .heads = 3,
                                    .layers = 3,
                                    .mlp_width = 290,
                                    .positions = 60,
                                    .first_position = takes_mean ? 2 : 0,
                                    .pad_id = takes_mean ? 1 : 0,
                                    .pooling = pooling,
                                    .projection_width = takes_mean ? 46 : 0};
  return config;
}

/// `mlp`: with an MLP projection, as open_clip's convnext_large_d has.
inline network::ModelConfig small_convnext(bool mlp) {
  network::ModelConfig config = small_vit(network::Activation::gelu);
  config.image = network::ConvNextConfig{
      .image_size = 96, .layers = {1, 2, 1, 1}, .widths = {5, 12, 18, 33}, .mlp_projection = mlp};
  return config;
}

/// `five_stages`: as MobileCLIP2-S3's, otherwise as MobileCLIP-S0's.
inline network::ModelConfig small_fastvit(bool five_stages) {
  network::ModelConfig config = small_vit(network::Activation::gelu);
  network::FastVitConfig tower{
      .image_size = 96, .layers = {1, 2, 1, 1}, .widths = {8, 16, 32, 64}, .mlp_ratio = 3};
  if (five_stages) {
    tower = {.image_size = 128,
             .layers = {1, 1, 2, 1, 1},
             .widths = {8, 16, 32, 64, 96 * 2},
             .mlp_ratio = 4,
             .attention_stages = 2,
             .attention_norm = true,
             .excited_stages = 0};
  }
  config.image = tower;
  return config;
}

/// As CoCa's; `stacked`: the pool is as wide as the tower, so that its weights are stacked.
inline network::ModelConfig small_coca(bool stacked) {
  network::ModelConfig config = small_vit(network::Activation::gelu);
  auto& image = std::get<network::VisionTransformerConfig>(config.image);
  image.pooling = network::ImagePooling::queries;
  image.pool_queries = 3;
  image.pool_heads = 5;
  if (stacked) config.embedding_width = image.width;
  std::get<network::TextTransformerConfig>(config.text).pooling = network::TextPooling::class_token;
  return config;
}

}  // namespace diptych::test
