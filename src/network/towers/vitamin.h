#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/blocks/projection.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// ViTamin (arXiv 2404.02132). Defaults are ViTamin-L's.
struct ViTaminConfig {
  static constexpr std::string_view kName = "vitamin";
  static constexpr int kPatchSize = 16;  ///< side, in pixels, of what becomes one row

  int image_size = 224;                                ///< side, in pixels; a multiple of 16
  std::array<int, 2> convolution_layers = {2, 4};      ///< blocks of the two convolution stages
  std::array<int, 2> convolution_widths = {160, 320};  ///< the first is the stem's too
  int width = 1024;
  int layers = 31;
  int heads = 16;
  int mlp_width = 2048;
  bool positions = true;  ///< learned ones; ViTamin-XL has none

  int places_per_side() const { return image_size / kPatchSize; }
  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("convolution_layers", convolution_layers);
    fields.required("convolution_widths", convolution_widths);
    fields.required("width", width);
    fields.required("layers", layers);
    fields.required("heads", heads);
    fields.required("mlp_width", mlp_width);
    fields.defaulted("positions", positions);
    fields.constant("pooling", "mean");
  }

  bool operator==(const ViTaminConfig&) const = default;
};

/// An inverted bottleneck with a pre-norm: a layer that widens, a depthwise convolution, a layer
/// that narrows, each but the last with GELU, and the input added. Where the convolution's stride
/// is 2, the added input is pooled to the same size, and widened where the widths differ.
struct ViTaminConvolutionBlock {
  std::string name;  ///< all of its parameters begin with it
  Norm norm;
  Linear widen;
  DepthwiseConvolution depthwise;
  Linear narrow;
  std::optional<Linear> shortcut;
};

/// Attention and an MLP whose activation is multiplied with a second layer (GeGLU, arXiv
/// 2002.05202). The MLP's input is normalised twice, as the block's and as its own.
struct ViTaminBlock {
  std::string name;  ///< all of its parameters begin with it
  Norm norm_1;
  Linear query_key_value;  ///< stacked in that order, [3 width, width]
  Linear attention_output;
  Norm norm_2;
  Norm mlp_norm;
  Linear mlp_in;
  Linear mlp_gated;
  Linear mlp_out;
};

/// ViTamin (arXiv 2404.02132): two convolutions, two stages of convolution blocks, a convolution;
/// each halves the picture; then a vision transformer without class token, mean, norm, projection.
struct ViTamin {
  ViTaminConfig config;
  Convolution stem_1;
  Norm stem_norm;
  Convolution stem_2;
  std::vector<ViTaminConvolutionBlock> convolution_blocks;
  Norm patch_norm;
  Convolution patches;
  ParameterId positional_embedding = kAbsent;  ///< [places, width]; not in the largest models
  std::vector<ViTaminBlock> blocks;
  Norm norm_post;
  OutputProjection projection;
};

/// See tower.h.
void validate_tower(const ViTaminConfig& config, int embedding_width);
TowerDescription describe_tower(const ViTaminConfig& config);
std::int64_t widest_activation(const ViTamin& tower);
ViTamin declare_tower(ParameterTable& table, const ViTaminConfig& config, int embedding_width);

template <Operations Ops>
FeatureMap<typename Ops::Tensor> vitamin_convolution_block(
    Ops& ops, const ViTaminConvolutionBlock& block, const FeatureMap<typename Ops::Tensor>& x) {
  const auto body = [&block](Ops& ops, const FeatureMap<typename Ops::Tensor>& x) {
    const int stride = block.depthwise.stride;
    auto shortcut = stride > 1 ? ops.average_pool(x, 3, stride) : x;
    if (block.shortcut)
      shortcut.rows = ops.linear(shortcut.rows, *block.shortcut, Activation::none, nullptr);
    auto y = x;
    y.rows = ops.linear(ops.norm(x.rows, block.norm), block.widen, Activation::gelu, nullptr);
    y = ops.depthwise_convolution(y, block.depthwise);
    y.rows = ops.linear(ops.activate(y.rows, Activation::gelu), block.narrow, Activation::none,
                        &shortcut.rows);
    return y;
  };
  return ops.block(block.name, body, x);
}

template <SequenceOperations Ops>
typename Ops::Tensor vitamin_block(Ops& ops, const ViTaminBlock& block, int heads,
                                   const typename Ops::Tensor& x,
                                   const typename Ops::Pattern& pattern) {
  const auto body = [&block, heads, pattern](Ops& ops, const typename Ops::Tensor& x) {
    const int width = block.norm_1.width;
    const auto qkv =
        ops.linear(ops.norm(x, block.norm_1), block.query_key_value, Activation::none, nullptr);
    const auto attended = ops.attention(ops.columns(qkv, 0, width), ops.columns(qkv, width, width),
                                        ops.columns(qkv, 2 * width, width), heads, pattern);
    const auto y = ops.linear(attended, block.attention_output, Activation::none, &x);
    const auto entered = ops.norm(ops.norm(y, block.norm_2), block.mlp_norm);
    const auto hidden =
        ops.multiply(ops.linear(entered, block.mlp_in, Activation::gelu, nullptr),
                     ops.linear(entered, block.mlp_gated, Activation::none, nullptr));
    return ops.linear(hidden, block.mlp_out, Activation::none, &y);
  };
  return ops.block(block.name, body, x);
}

/// Returns features [pictures, embedding width], not normalised. `pixels` are image_size x
/// image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const ViTamin& tower, const Pixels& pixels) {
  auto map = ops.convolution(ops.feature_map(pixels), tower.stem_1, Activation::none, nullptr);
  map.rows = ops.activate(ops.norm(map.rows, tower.stem_norm), Activation::gelu);
  map = ops.convolution(map, tower.stem_2, Activation::none, nullptr);
  for (const ViTaminConvolutionBlock& block : tower.convolution_blocks)
    map = vitamin_convolution_block(ops, block, map);
  map.rows = ops.norm(map.rows, tower.patch_norm);
  map = ops.convolution(map, tower.patches, Activation::none, nullptr);
  const int side = tower.config.places_per_side();
  const Sequences sequences = Sequences::uniform(pixels.batch, side * side);
  auto x = map.rows;
  if (tower.positional_embedding != kAbsent)
    x = ops.add(x, ops.embed(tower.positional_embedding, ops.indices(sequences.positions())));
  const auto pattern = ops.pattern(AttentionPattern::within(sequences, Mask::full));
  for (const ViTaminBlock& block : tower.blocks)
    x = vitamin_block(ops, block, tower.config.heads, x, pattern);
  return project(ops, tower.projection, ops.norm(ops.mean_rows(x, sequences), tower.norm_post));
}

}  // namespace diptych::network
