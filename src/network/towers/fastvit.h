#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/blocks/projection.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// FastViT (arXiv 2303.14189) as MobileCLIP has it (arXiv 2311.17049, 2508.20691). Defaults are
/// those of MCi0, MobileCLIP-S0's.
struct FastVitConfig {
  static constexpr std::string_view kName = "fastvit";
  static constexpr int kPatchSize = 4;       ///< side, in pixels, of a place of the first stage
  static constexpr int kMixerWindow = 3;     ///< sides, in places, of the depthwise convolutions
  static constexpr int kWindow = 7;          ///< the same of all others
  static constexpr int kHeadWidth = 32;      ///< of attention
  static constexpr int kFinalExpansion = 2;  ///< of the last stage's width, before the mean

  int image_size = 256;  ///< side, in pixels; a multiple of what the stages make one place
  std::vector<int> layers = {2, 6, 10, 2};  ///< of every stage
  std::vector<int> widths = {64, 128, 256, 512};
  int mlp_ratio = 3;            ///< of an MLP's width to its stage's
  int attention_stages = 1;     ///< how many of the last stages mix places by attention
  bool attention_norm = false;  ///< layer normalisation before attention
  /// How many of the last stages begin with squeeze-and-excitation (arXiv 1709.01507).
  int excited_stages = 2;

  int stages() const { return static_cast<int>(widths.size()); }
  int stride() const { return kPatchSize << (stages() - 1); }
  bool has_attention(int stage) const { return stage >= stages() - attention_stages; }
  bool has_excitation(int stage) const { return stage >= stages() - excited_stages; }
  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("layers", layers);
    fields.required("widths", widths);
    fields.required("mlp_ratio", mlp_ratio);
    fields.required("attention_stages", attention_stages);
    fields.defaulted("attention_norm", attention_norm);
    fields.required("excited_stages", excited_stages);
    fields.constant("pooling", "mean");
  }

  bool operator==(const FastVitConfig&) const = default;
};

/// Every channel times what a small MLP makes of the means of all (arXiv 1709.01507).
struct SqueezeExcite {
  Linear squeeze;
  Linear excite;
};

/// Returns the width between the two layers of squeeze-and-excitation: those of timm, which rounds
/// them.
int downsample_squeeze(int width);
int head_squeeze(int width);

/// Halves a map: channels are repeated, mixed over a window each, and then with each other.
struct FastVitDownsample {
  int copies = 1;  ///< of every channel
  DepthwiseConvolution depthwise;
  std::optional<SqueezeExcite> excite;
  Linear pointwise;
};

struct FastVitAttention {
  std::optional<Norm> norm;
  Linear query_key_value;  ///< stacked in that order, [3 width, width]
  Linear output;
};

/// Mixes places, by a depthwise convolution or by attention, then channels, by an MLP after
/// another depthwise convolution.
struct FastVitBlock {
  std::string name;  ///< all of its parameters begin with it
  std::optional<DepthwiseConvolution> mixer;
  std::optional<FastVitAttention> attention;
  DepthwiseConvolution depthwise;
  Linear mlp_in;
  Linear mlp_out;
};

struct FastVitStage {
  std::optional<FastVitDownsample> downsample;
  std::optional<DepthwiseConvolution> position;  ///< the identity plus positions (arXiv 2102.10882)
  std::vector<FastVitBlock> blocks;
};

/// FastViT (arXiv 2303.14189) as MobileCLIP has it (arXiv 2311.17049), in the form it is run in:
/// the branches that it is trained with, their batch normalisations, skip connections and layer
/// scales are fused into one layer each. Attention's layer normalisation, where there is one,
/// stays.
struct FastVit {
  FastVitConfig config;
  Convolution stem_1;
  DepthwiseConvolution stem_2;
  Linear stem_3;
  std::vector<FastVitStage> stages;
  DepthwiseConvolution head_depthwise;
  SqueezeExcite head_excite;
  OutputProjection projection;
};

/// See tower.h.
void validate_tower(const FastVitConfig& config, int embedding_width);
TowerDescription describe_tower(const FastVitConfig& config);
std::int64_t widest_activation(const FastVit& tower);
FastVit declare_tower(ParameterTable& table, const FastVitConfig& config, int embedding_width);

template <Operations Ops>
typename Ops::Tensor squeeze_excite(Ops& ops, const SqueezeExcite& layer,
                                    const FeatureMap<typename Ops::Tensor>& x) {
  const int places = x.height * x.width;
  const auto means = ops.mean_rows(x.rows, Sequences::uniform(x.batch, places));
  const auto squeezed = ops.linear(means, layer.squeeze, Activation::relu, nullptr);
  const auto factors = ops.linear(squeezed, layer.excite, Activation::sigmoid, nullptr);
  std::vector<std::int32_t> picture_of_row;
  for (int picture = 0; picture < x.batch; ++picture)
    picture_of_row.insert(picture_of_row.end(), static_cast<std::size_t>(places), picture);
  return ops.multiply(x.rows, ops.rows(factors, ops.indices(picture_of_row)));
}

template <Operations Ops>
FeatureMap<typename Ops::Tensor> fastvit_downsample(Ops& ops, const FastVitDownsample& layer,
                                                    FeatureMap<typename Ops::Tensor> x) {
  if (layer.copies > 1) x.rows = ops.repeat_columns(x.rows, layer.copies);
  x = ops.depthwise_convolution(x, layer.depthwise);
  if (layer.excite) x.rows = squeeze_excite(ops, *layer.excite, x);
  x.rows = ops.linear(ops.activate(x.rows, Activation::gelu), layer.pointwise, Activation::gelu,
                      nullptr);
  return x;
}

template <SequenceOperations Ops>
typename Ops::Tensor fastvit_attention(Ops& ops, const FastVitAttention& layer,
                                       const typename Ops::Tensor& x,
                                       const typename Ops::Pattern& pattern) {
  const int width = layer.output.inputs;
  const auto entered = layer.norm ? ops.norm(x, *layer.norm) : x;
  const auto qkv = ops.linear(entered, layer.query_key_value, Activation::none, nullptr);
  const auto attended =
      ops.attention(ops.columns(qkv, 0, width), ops.columns(qkv, width, width),
                    ops.columns(qkv, 2 * width, width), width / FastVitConfig::kHeadWidth, pattern);
  return ops.linear(attended, layer.output, Activation::none, &x);
}

template <Operations Ops>
FeatureMap<typename Ops::Tensor> fastvit_block(Ops& ops, const FastVitBlock& block,
                                               const FeatureMap<typename Ops::Tensor>& x,
                                               const typename Ops::Pattern& pattern) {
  const auto body = [&block, pattern](Ops& ops, FeatureMap<typename Ops::Tensor> x) {
    if (block.mixer) x = ops.depthwise_convolution(x, *block.mixer);
    if (block.attention) x.rows = fastvit_attention(ops, *block.attention, x.rows, pattern);
    const auto mixed = ops.depthwise_convolution(x, block.depthwise);
    x.rows = ops.mlp(mixed.rows, block.mlp_in, Activation::gelu, block.mlp_out, &x.rows);
    return x;
  };
  return ops.block(block.name, body, x);
}

template <Operations Ops>
FeatureMap<typename Ops::Tensor> fastvit_stage(Ops& ops, const FastVitStage& stage,
                                               FeatureMap<typename Ops::Tensor> x) {
  if (stage.downsample) x = fastvit_downsample(ops, *stage.downsample, x);
  if (stage.position) x = ops.depthwise_convolution(x, *stage.position);
  const Sequences places = Sequences::uniform(x.batch, x.height * x.width);
  const auto pattern = ops.pattern(AttentionPattern::within(places, Mask::full));
  for (const FastVitBlock& block : stage.blocks) x = fastvit_block(ops, block, x, pattern);
  return x;
}

/// Returns features [pictures, embedding width], not normalised. `pixels` are image_size x
/// image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const FastVit& tower, const Pixels& pixels) {
  auto x = ops.convolution(ops.feature_map(pixels), tower.stem_1, Activation::gelu, nullptr);
  x = ops.depthwise_convolution(x, tower.stem_2);
  x.rows =
      ops.linear(ops.activate(x.rows, Activation::gelu), tower.stem_3, Activation::gelu, nullptr);
  for (const FastVitStage& stage : tower.stages) x = fastvit_stage(ops, stage, x);
  x.rows = ops.repeat_columns(x.rows, FastVitConfig::kFinalExpansion);
  x = ops.depthwise_convolution(x, tower.head_depthwise);
  x.rows = ops.activate(squeeze_excite(ops, tower.head_excite, x), Activation::gelu);
  const Sequences places = Sequences::uniform(x.batch, x.height * x.width);
  return project(ops, tower.projection, ops.mean_rows(x.rows, places));
}

}  // namespace diptych::network
