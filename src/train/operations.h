#pragma once

#include <torch/torch.h>

#include <vector>

#include "network/model.h"

namespace diptych::train {

/// The towers' operations (network/operations/operations.h) with libtorch: autograd, any device,
/// and whatever precision autocast is set to. Refers to the parameters, which must outlive it. Not
/// thread-safe.
class Operations {
 public:
  using Tensor = torch::Tensor;
  using FeatureMap = network::FeatureMap<Tensor>;

  /// `parameters` in the table's order. `training`: batch normalisation uses the batch's statistics
  /// and updates the running ones.
  Operations(const network::ParameterTable& table, const std::vector<torch::Tensor>& parameters,
             bool training)
      : table_(table), parameters_(parameters), training_(training) {}

  Tensor patches(const network::Pixels& pixels, int size);
  Tensor linear(const Tensor& x, const network::Linear& layer, network::Activation activation,
                const Tensor* residual);
  Tensor norm(const Tensor& x, const network::Norm& norm);
  Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, int heads,
                   const network::Sequences& query_sequences,
                   const network::Sequences& key_sequences, network::Mask mask);
  Tensor rotate(const Tensor& x, const network::RotaryTable& table,
                std::span<const std::int32_t> positions);
  Tensor columns(const Tensor& x, int first, int count) { return x.narrow(1, first, count); }
  Tensor repeat_columns(const Tensor& x, int times) { return x.repeat_interleave(times, 1); }
  Tensor rows(const Tensor& x, std::span<const std::int32_t> indices);
  Tensor embed(network::ParameterId parameter, std::span<const std::int32_t> indices);
  Tensor prepend(const Tensor& first, const Tensor& x, const network::Sequences& sequences);
  Tensor mean_rows(const Tensor& x, const network::Sequences& sequences);
  Tensor add(const Tensor& a, const Tensor& b) { return a + b; }
  Tensor add_constants(const Tensor& x, float factor, std::span<const float> constants);
  Tensor multiply(const Tensor& a, const Tensor& b) { return a * b; }
  Tensor scale(const Tensor& x, network::ParameterId id) { return x * parameter(id); }
  Tensor activate(const Tensor& x, network::Activation activation);
  FeatureMap feature_map(const network::Pixels& pixels);
  FeatureMap convolution(const FeatureMap& x, const network::Convolution& layer,
                         network::Activation activation, const FeatureMap* residual);
  FeatureMap average_pool(const FeatureMap& x, int size, int stride);
  FeatureMap depthwise_convolution(const FeatureMap& x, const network::DepthwiseConvolution& layer);
  FeatureMap merge_places(const FeatureMap& x, int size);

 private:
  const Tensor& parameter(network::ParameterId id) const {
    return parameters_[static_cast<std::size_t>(id)];
  }
  torch::Device device() const { return parameters_.front().device(); }
  Tensor on_device(const network::Pixels& pixels) const;
  Tensor on_device(std::span<const std::int32_t> indices) const;

  const network::ParameterTable& table_;
  const std::vector<torch::Tensor>& parameters_;
  bool training_;
};

}  // namespace diptych::train
