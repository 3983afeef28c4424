#pragma once

#include <array>
#include <optional>
#include <string>

#include "network/operations/parameters.h"
#include "network/operations/words.h"

namespace diptych::network {

enum class Activation { none, relu, quick_gelu, gelu, gelu_tanh, silu, sigmoid };

/// Returns those that a config can name.
constexpr auto words_of(Activation) {
  return std::to_array<Word<Activation>>({{Activation::relu, "relu", "relu"},
                                          {Activation::quick_gelu, "quick_gelu", "quick_gelu"},
                                          {Activation::gelu, "gelu", "gelu"},
                                          {Activation::gelu_tanh, "gelu_tanh", "gelu_tanh"},
                                          {Activation::silu, "silu", "silu"}});
}

enum class NormKind {
  layer,  ///< (x - mean) / sqrt(variance + epsilon) * weight + bias (arXiv 1607.06450)
  rms,    ///< x / sqrt(mean of squares + epsilon) * weight (arXiv 1910.07467)
};

constexpr auto words_of(NormKind) {
  return std::to_array<Word<NormKind>>(
      {{NormKind::layer, "layer", "layer"}, {NormKind::rms, "rms", "rms"}});
}

/// y = x W^T + b with W [outputs, inputs], as PyTorch's Linear; or y = x W + b with W [inputs,
/// outputs] when `transposed`, as CLIP's projections. Only rows [first_output, first_output +
/// outputs) of W are used, and as many of b from `first_bias` on: a stacked q, k, v projection
/// gives three layers, whose biases may be stacked or not.
struct Linear {
  ParameterId weight = kAbsent;
  ParameterId bias = kAbsent;
  int inputs = 0;
  int outputs = 0;
  int first_output = 0;
  int first_bias = 0;
  bool transposed = false;

  /// Returns the layer that computes `count` outputs from `first` on; not for transposed layers.
  Linear slice(int first, int count) const;
};

/// Normalisation over the last dimension.
struct Norm {
  NormKind kind = NormKind::layer;
  ParameterId weight = kAbsent;
  ParameterId bias = kAbsent;  ///< of layer normalisation only
  int width = 0;
  float epsilon = 1e-5F;
};

/// Batch normalisation over all but the channels (running statistics when not training).
struct BatchNorm {
  ParameterId weight = kAbsent;
  ParameterId bias = kAbsent;
  ParameterId running_mean = kAbsent;
  ParameterId running_variance = kAbsent;
  int channels = 0;
  float epsilon = 1e-5F;
};

/// Square convolution, zero padding of (kernel - 1) / 2; then a bias or batch normalisation.
struct Convolution {
  ParameterId weight = kAbsent;  ///< [outputs, inputs, kernel, kernel]
  int inputs = 0;
  int outputs = 0;
  int kernel = 1;
  int stride = 1;
  ParameterId bias = kAbsent;
  std::optional<BatchNorm> norm;
};

/// Square convolution of every channel by itself, zero padding of (kernel - 1) / 2.
struct DepthwiseConvolution {
  ParameterId weight = kAbsent;  ///< [channels, 1, kernel, kernel]
  ParameterId bias = kAbsent;
  int channels = 0;
  int kernel = 1;
  int stride = 1;
};

/// Each declares its parameters under `name` and returns the layer.
Linear declare_linear(ParameterTable& table, const std::string& name, int inputs, int outputs,
                      float deviation);
/// Declares a bare matrix [inputs, outputs], without bias: CLIP's projections into the joint space.
Linear declare_projection(ParameterTable& table, const std::string& name, int inputs, int outputs,
                          float deviation);
Norm declare_norm(ParameterTable& table, const std::string& name, int width, float epsilon,
                  NormKind kind = NormKind::layer);
/// Declares a linear layer over every place of a map, stored as a 1 x 1 convolution with bias.
Linear declare_pointwise(ParameterTable& table, const std::string& name, int inputs, int outputs,
                         float deviation);
/// Declares a convolution of windows side by side with a bias, as a matrix over what they see
/// (Operations::patches, merge_places).
Linear declare_square_convolution(ParameterTable& table, const std::string& name, int inputs,
                                  int outputs, int size, float deviation);
/// Declares a convolution with a bias and without batch normalisation.
Convolution declare_biased_convolution(ParameterTable& table, const std::string& name, int inputs,
                                       int outputs, int kernel, int stride);
/// Declares a convolution with batch normalisation; `gain` is where the batch normalisation's
/// weight starts.
Convolution declare_convolution(ParameterTable& table, const std::string& convolution_name,
                                const std::string& norm_name, int inputs, int outputs, int kernel,
                                int stride, float gain = 1.0F);
DepthwiseConvolution declare_depthwise_convolution(ParameterTable& table, const std::string& name,
                                                   int channels, int kernel, float deviation,
                                                   int stride = 1);

}  // namespace diptych::network
