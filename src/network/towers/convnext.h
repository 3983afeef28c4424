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

/// ConvNeXt (arXiv 2201.03545). Defaults are ConvNeXt-T's.
struct ConvNextConfig {
  static constexpr std::string_view kName = "convnext";
  static constexpr int kPatchSize = 4;  ///< side, in pixels, of what becomes one place
  static constexpr int kWindow = 7;     ///< side, in places, of the depthwise convolutions

  int image_size = 224;  ///< side, in pixels; a multiple of 32
  std::array<int, 4> layers = {3, 3, 9, 3};
  std::array<int, 4> widths = {96, 192, 384, 768};
  float norm_epsilon = 1e-6F;
  bool mlp_projection = false;  ///< an MLP instead of a matrix takes the mean to the embedding

  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("layers", layers);
    fields.required("widths", widths);
    fields.defaulted("norm_epsilon", norm_epsilon);
    fields.choice("projection", mlp_projection, "matrix", "mlp");
    fields.constant("pooling", "mean");
  }

  bool operator==(const ConvNextConfig&) const = default;
};

/// x + gamma * mlp(norm(depthwise(x))), all but the first channel by channel or place by place.
struct ConvNextBlock {
  std::string name;  ///< all of its parameters begin with it
  DepthwiseConvolution depthwise;
  Norm norm;
  Linear mlp_in;
  Linear mlp_out;
  ParameterId gamma = kAbsent;  ///< [width]: layer scale (arXiv 2103.17239)
};

/// Halves a map: a convolution over squares of 2 x 2 places that do not overlap.
struct Downsample {
  Norm norm;
  Linear reduction;
};

struct ConvNextStage {
  std::optional<Downsample> downsample;
  std::vector<ConvNextBlock> blocks;
};

/// ConvNeXt (arXiv 2201.03545): patches of 4 x 4 pixels, four stages, mean, norm, projection.
struct ConvNext {
  ConvNextConfig config;
  Linear stem;
  Norm stem_norm;
  std::vector<ConvNextStage> stages;
  Norm norm_head;
  std::optional<Linear> head_in;  ///< of an MLP projection; then GELU
  OutputProjection projection;
};

/// See tower.h.
void validate_tower(const ConvNextConfig& config, int embedding_width);
TowerDescription describe_tower(const ConvNextConfig& config);
std::int64_t widest_activation(const ConvNext& tower);
ConvNext declare_tower(ParameterTable& table, const ConvNextConfig& config, int embedding_width);

template <Operations Ops>
FeatureMap<typename Ops::Tensor> convnext_block(Ops& ops, const ConvNextBlock& block,
                                                const FeatureMap<typename Ops::Tensor>& x) {
  const auto body = [&block](Ops& ops, const FeatureMap<typename Ops::Tensor>& x) {
    const auto mixed = ops.norm(ops.depthwise_convolution(x, block.depthwise).rows, block.norm);
    const auto branch = ops.mlp(mixed, block.mlp_in, Activation::gelu, block.mlp_out, nullptr);
    auto y = x;
    y.rows = ops.add(x.rows, ops.scale(branch, block.gamma));
    return y;
  };
  return ops.block(block.name, body, x);
}

template <Operations Ops>
FeatureMap<typename Ops::Tensor> convnext_stage(Ops& ops, const ConvNextStage& stage,
                                                FeatureMap<typename Ops::Tensor> x) {
  if (stage.downsample) {
    x.rows = ops.norm(x.rows, stage.downsample->norm);
    x = ops.merge_places(x, 2);
    x.rows = ops.linear(x.rows, stage.downsample->reduction, Activation::none, nullptr);
  }
  for (const ConvNextBlock& block : stage.blocks) x = convnext_block(ops, block, x);
  return x;
}

/// Returns features [pictures, embedding width], not normalised. `pixels` are image_size x
/// image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const ConvNext& tower, const Pixels& pixels) {
  const int side = pixels.height / ConvNextConfig::kPatchSize;
  const auto patches = ops.patches(pixels, ConvNextConfig::kPatchSize);
  const auto stem = ops.linear(patches, tower.stem, Activation::none, nullptr);
  FeatureMap<typename Ops::Tensor> x{ops.norm(stem, tower.stem_norm), pixels.batch, side, side};
  for (const ConvNextStage& stage : tower.stages) x = convnext_stage(ops, stage, x);
  const Sequences places = Sequences::uniform(x.batch, x.height * x.width);
  auto pooled = ops.norm(ops.mean_rows(x.rows, places), tower.norm_head);
  if (tower.head_in) pooled = ops.linear(pooled, *tower.head_in, Activation::gelu, nullptr);
  return project(ops, tower.projection, pooled);
}

}  // namespace diptych::network
