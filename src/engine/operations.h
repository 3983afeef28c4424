#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/parallel.h"
#include "engine/profile.h"
#include "engine/tensor.h"
#include "engine/weights.h"
#include "network/operations/operations.h"

namespace diptych::engine {

/// Sees what the layers of a pass multiply, one after the other.
class LayerObserver {
 public:
  virtual ~LayerObserver() = default;
  /// Sees `rows` [rows, inputs] before they are multiplied with `layer`, packed from `weight`.
  virtual void multiplies(network::ParameterId weight, const kernels::PackedLinear& layer,
                          kernels::ConstMatrixView rows) = 0;
};

/// Who looks on as operations compute; null: nobody. Must outlive what they are given to.
struct Observers {
  Profile* profile = nullptr;       ///< what operations add their times to
  LayerObserver* layers = nullptr;  ///< what sees the layers' inputs

  bool any() const { return profile != nullptr || layers != nullptr; }
};

/// network::Operations on the CPU; products in the precision of their weights, everything else in
/// float32. A row's result does not depend on which other rows share its tensor. For one thread at
/// a time; weights and pool may be shared.
class Operations : public network::ComposedOperations<Operations> {
 public:
  using Tensor = engine::Tensor;
  using Map = network::FeatureMap<Tensor>;
  using Indices = std::shared_ptr<const std::vector<std::int32_t>>;
  using Pattern = std::shared_ptr<const network::AttentionPattern>;
  struct Rotation {
    const network::RotaryTable* table;
    Indices positions;
  };

  /// All must outlive this.
  Operations(const Weights& weights, ThreadPool& pool, Observers observers = {})
      : weights_(weights), pool_(pool), observers_(observers) {}

  Indices indices(std::span<const std::int32_t> numbers);
  Pattern pattern(network::AttentionPattern pattern);
  Rotation rotation(const network::RotaryTable& table, std::span<const std::int32_t> positions);

  Tensor patches(const network::Pixels& pixels, int size);
  Tensor linear(const Tensor& x, const network::Linear& layer, network::Activation activation,
                const Tensor* residual);
  /// Keeps what is between the layers as bf16 where the second rounds it to that anyway: the same
  /// bits from half of the memory.
  Tensor mlp(const Tensor& x, const network::Linear& in, network::Activation activation,
             const network::Linear& out, const Tensor* residual);
  Tensor norm(const Tensor& x, const network::Norm& norm);
  Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                   const Pattern& pattern);
  Tensor rotate(const Tensor& x, const Rotation& rotation);
  Tensor columns(const Tensor& x, int first, int count) { return x.columns(first, count); }
  Tensor rows(const Tensor& x, const Indices& indices);
  Tensor embed(network::ParameterId parameter, const Indices& indices);
  Tensor concatenate(const Tensor& a, const Tensor& b);
  /// Writes into memory that `cache` keeps free after its rows, as long as there is.
  Tensor append_rows(const Tensor& cache, const Tensor& x);
  Tensor mean_rows(const Tensor& x, const network::Sequences& sequences);
  Tensor mix_rows(const Tensor& x, const network::RowMixture& mixture);
  std::vector<network::NearestRow> nearest_rows(const Tensor& x, int heads,
                                                const network::Sequences& sequences);
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
  Tensor repeat_columns(const Tensor& x, int times);

 private:
  /// Returns the rows that a layer multiplies: x, smoothed where its weights ask for it. Shows them
  /// to the observer.
  Tensor layer_input(const Tensor& x, const network::Linear& layer);
  /// Returns whether nobody needs what is between two layers in more digits than bf16 has.
  bool keeps_bf16_between(const network::Linear& in, const network::Linear& out) const;

  const Weights& weights_;
  ThreadPool& pool_;
  Observers observers_;
  Arena arena_;
};
static_assert(network::Operations<Operations>);

}  // namespace diptych::engine
