#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/parallel.h"
#include "engine/tensor.h"
#include "engine/weights.h"
#include "network/operations/operations.h"

namespace diptych::engine {

/// network::Operations on the CPU; products in the precision of their weights, everything else in
/// float32. A row's result does not depend on which other rows
/// share its tensor. For one thread at a time; weights and pool may be shared.
class Operations {
 public:
  using Tensor = engine::Tensor;
  using Map = network::FeatureMap<Tensor>;
  using Indices = std::span<const std::int32_t>;

  /// Both must outlive this.
  Operations(const Weights& weights, ThreadPool& pool) : weights_(weights), pool_(pool) {}

  Tensor patches(const network::Pixels& pixels, int size);
  Tensor linear(const Tensor& x, const network::Linear& layer, network::Activation activation,
                const Tensor* residual);
  Tensor norm(const Tensor& x, const network::Norm& norm);
  Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                   const network::Sequences& query_sequences,
                   const network::Sequences& key_sequences, network::Mask mask);
  Tensor rotate(const Tensor& x, const network::RotaryTable& table, Indices positions);
  Tensor columns(const Tensor& x, int first, int count) { return x.columns(first, count); }
  Tensor repeat_columns(const Tensor& x, int times);
  Tensor rows(const Tensor& x, Indices indices);
  Tensor embed(network::ParameterId parameter, Indices indices);
  Tensor prepend(const Tensor& first, const Tensor& x, const network::Sequences& sequences);
  Tensor mean_rows(const Tensor& x, const network::Sequences& sequences);
  Tensor add(const Tensor& a, const Tensor& b);
  Tensor add_constants(const Tensor& x, float factor, std::span<const float> constants);
  Tensor multiply(const Tensor& a, const Tensor& b);
  Tensor scale(const Tensor& x, network::ParameterId parameter);
  Tensor activate(const Tensor& x, network::Activation activation);
  Map feature_map(const network::Pixels& pixels);
  Map convolution(const Map& x, const network::Convolution& layer, network::Activation activation,
                  const Map* residual);
  Map average_pool(const Map& x, int size, int stride);
  Map depthwise_convolution(const Map& x, const network::DepthwiseConvolution& layer);
  Map merge_places(const Map& x, int size);

 private:
  const Weights& weights_;
  ThreadPool& pool_;
  Arena arena_;
};
static_assert(network::Operations<Operations>);

}  // namespace diptych::engine
