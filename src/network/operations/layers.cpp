#include "network/operations/layers.h"

#include <cmath>

#include "base/error.h"

namespace diptych::network {

Linear Linear::slice(int first, int count) const {
  ensure(!transposed && first >= 0 && first + count <= outputs, "slice lies within the layer");
  Linear result = *this;
  result.first_output = first_output + first;
  result.first_bias = first_bias + first;
  result.outputs = count;
  return result;
}

Linear declare_linear(ParameterTable& table, const std::string& name, int inputs, int outputs,
                      float deviation) {
  Linear layer{.inputs = inputs, .outputs = outputs};
  layer.weight = table.declare(name + ".weight", {outputs, inputs}, Initialiser::normal(deviation));
  layer.bias = table.declare(name + ".bias", {outputs}, Initialiser::constant(0.0F));
  return layer;
}

Linear declare_projection(ParameterTable& table, const std::string& name, int inputs, int outputs,
                          float deviation) {
  Linear layer{.inputs = inputs, .outputs = outputs, .transposed = true};
  layer.weight = table.declare(name, {inputs, outputs}, Initialiser::normal(deviation));
  return layer;
}

Linear declare_pointwise(ParameterTable& table, const std::string& name, int inputs, int outputs,
                         float deviation) {
  Linear layer{.inputs = inputs, .outputs = outputs};
  layer.weight =
      table.declare(name + ".weight", {outputs, inputs, 1, 1}, Initialiser::normal(deviation));
  layer.bias = table.declare(name + ".bias", {outputs}, Initialiser::constant(0.0F));
  return layer;
}

Linear declare_square_convolution(ParameterTable& table, const std::string& name, int inputs,
                                  int outputs, int size, float deviation) {
  Linear layer{.inputs = inputs * size * size, .outputs = outputs};
  layer.weight = table.declare(name + ".weight", {outputs, inputs, size, size},
                               Initialiser::normal(deviation));
  layer.bias = table.declare(name + ".bias", {outputs}, Initialiser::constant(0.0F));
  return layer;
}

namespace {

/// Far above what any model has (1e-12 to 1e-3), where what is normalised fades.
constexpr float kMaxEpsilon = 0.1F;

}  // namespace

Norm declare_norm(ParameterTable& table, const std::string& name, int width, float epsilon,
                  NormKind kind) {
  if (!(epsilon >= 0.0F && epsilon <= kMaxEpsilon)) {
    fail(ErrorCode::invalid_argument, "model config: the epsilon of {}: got {}, expected 0 to {}",
         name, epsilon, kMaxEpsilon);
  }
  Norm norm{.kind = kind, .width = width, .epsilon = epsilon};
  norm.weight = table.declare(name + ".weight", {width}, Initialiser::constant(1.0F));
  if (kind == NormKind::layer)
    norm.bias = table.declare(name + ".bias", {width}, Initialiser::constant(0.0F));
  return norm;
}

namespace {

/// He initialisation (arXiv 1502.01852), fan-out, as is usual for ResNets trained from nothing.
ParameterId declare_kernel(ParameterTable& table, const std::string& name,
                           const Convolution& layer) {
  const int fan_out = layer.outputs * layer.kernel * layer.kernel;
  return table.declare(name + ".weight", {layer.outputs, layer.inputs, layer.kernel, layer.kernel},
                       Initialiser::normal(std::sqrt(2.0F / static_cast<float>(fan_out))));
}

}  // namespace

Convolution declare_biased_convolution(ParameterTable& table, const std::string& name, int inputs,
                                       int outputs, int kernel, int stride) {
  Convolution layer{.inputs = inputs, .outputs = outputs, .kernel = kernel, .stride = stride};
  layer.weight = declare_kernel(table, name, layer);
  layer.bias = table.declare(name + ".bias", {outputs}, Initialiser::constant(0.0F));
  return layer;
}

Convolution declare_convolution(ParameterTable& table, const std::string& convolution_name,
                                const std::string& norm_name, int inputs, int outputs, int kernel,
                                int stride, float gain) {
  Convolution layer{.inputs = inputs, .outputs = outputs, .kernel = kernel, .stride = stride};
  layer.weight = declare_kernel(table, convolution_name, layer);
  BatchNorm& norm = layer.norm.emplace();
  norm.channels = outputs;
  norm.weight = table.declare(norm_name + ".weight", {outputs}, Initialiser::constant(gain));
  norm.bias = table.declare(norm_name + ".bias", {outputs}, Initialiser::constant(0.0F));
  norm.running_mean =
      table.declare(norm_name + ".running_mean", {outputs}, Initialiser::constant(0.0F), false);
  norm.running_variance =
      table.declare(norm_name + ".running_var", {outputs}, Initialiser::constant(1.0F), false);
  return layer;
}

DepthwiseConvolution declare_depthwise_convolution(ParameterTable& table, const std::string& name,
                                                   int channels, int kernel, float deviation,
                                                   int stride) {
  DepthwiseConvolution layer{.channels = channels, .kernel = kernel, .stride = stride};
  layer.weight = table.declare(name + ".weight", {channels, 1, kernel, kernel},
                               Initialiser::normal(deviation));
  layer.bias = table.declare(name + ".bias", {channels}, Initialiser::constant(0.0F));
  return layer;
}

}  // namespace diptych::network
