#include "checkpoint/fitting/quantised.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "checkpoint/containers/convert_floating.h"
#include "tensor/int8.h"

namespace diptych::checkpoint {
namespace {

constexpr std::string_view kScale = ".int8_scale";
constexpr std::string_view kInputFactor = ".int8_input_factor";

std::string named(std::string_view weight, std::string_view suffix) {
  return std::string(weight).append(suffix);
}

/// Adds a weight in eight bits with its scales.
void add_quantised(TensorMap& result, const std::string& name, const TensorView& view,
                   const std::vector<float>& input_factors) {
  std::vector<float> values = to_floats(view);
  const auto outputs = static_cast<std::size_t>(view.shape.front());
  const std::size_t inputs = values.size() / outputs;
  TensorBuffer whole(DType::int8, view.shape);
  TensorBuffer scales(DType::float32, {view.shape.front()});
  for (std::size_t output = 0; output < outputs; ++output) {
    const std::span<float> row = std::span(values).subspan(output * inputs, inputs);
    for (std::size_t i = 0; i < input_factors.size(); ++i) row[i] /= input_factors[i];
    const Int8Row rounding = int8_row(row);
    scales.floats()[output] = rounding.scale;
    for (std::size_t i = 0; i < inputs; ++i)
      whole.bytes()[output * inputs + i] = static_cast<std::byte>(rounding.round(row[i]));
  }
  result.add(name, std::move(whole));
  result.add(named(name, kScale), std::move(scales));
  if (input_factors.empty()) return;
  result.add(named(name, kInputFactor),
             TensorBuffer({static_cast<std::int64_t>(inputs)}, input_factors));
}

TensorView dequantised(const TensorView& whole, std::vector<float> scales,
                       std::vector<float> input_factors) {
  return computed_tensor(DType::float32, whole.shape,
                         [whole, scales = std::move(scales),
                          input_factors = std::move(input_factors)](std::span<std::byte> out) {
                           const std::size_t inputs = whole.bytes.size() / scales.size();
                           for (std::size_t i = 0; i < whole.bytes.size(); ++i) {
                             float value =
                                 static_cast<float>(static_cast<std::int8_t>(whole.bytes[i])) *
                                 scales[i / inputs];
                             if (!input_factors.empty()) value *= input_factors[i % inputs];
                             std::memcpy(out.data() + i * sizeof value, &value, sizeof value);
                           }
                         });
}

/// Names with this ending, without it.
std::vector<std::string> weights_with(const TensorMap& tensors, std::string_view ending) {
  std::vector<std::string> weights;
  for (const auto& [name, view] : tensors.tensors) {
    if (name.ends_with(ending)) weights.push_back(name.substr(0, name.size() - ending.size()));
  }
  return weights;
}

/// Takes a vector of `count` numbers above `least` out of the map.
std::vector<float> take_vector(TensorMap& tensors, const std::string& name, std::int64_t count,
                               float least, const std::string& file) {
  const TensorView view = tensors.at(name);
  if (view.dtype != DType::float32 || view.shape != Shape{count})
    fail(ErrorCode::corrupt_data, "tensor {}: got {} {}, expected float32 [{}] ({})", name,
         diptych::name(view.dtype), to_string(view.shape), count, file);
  std::vector<float> values = to_floats(view);
  for (const float value : values) {
    if (!std::isfinite(value) || value < least)
      fail(ErrorCode::corrupt_data, "tensor {}: got {}, expected a number of at least {} ({})",
           name, value, least, file);
  }
  tensors.tensors.erase(name);
  return values;
}

/// The weight that a scale or factor stands beside.
TensorView weight_beside(const TensorMap& tensors, const std::string& weight,
                         std::string_view ending, const std::string& file) {
  const auto found = tensors.tensors.find(weight);
  if (found != tensors.tensors.end() && found->second.dtype == DType::int8 &&
      !found->second.compute && found->second.count() > 0 && !found->second.shape.empty())
    return found->second;
  fail(ErrorCode::corrupt_data, "tensor {}: got no {} in int8 that it could be of ({})",
       named(weight, ending), weight, file);
}

}  // namespace

TensorMap quantise(const TensorMap& tensors, const network::Quantisation& quantisation) {
  TensorMap result;
  for (const auto& [name, view] : tensors.tensors) {
    const auto layer = quantisation.layers.find(name);
    if (layer != quantisation.layers.end()) {
      add_quantised(result, name, view, layer->second);
    } else {
      result.add(name, convert_floating(name, view, DType::bfloat16));
    }
  }
  return result;
}

network::Quantisation dequantise(TensorMap& tensors, const std::string& file) {
  network::Quantisation quantisation;
  for (const std::string& weight : weights_with(tensors, kInputFactor)) {
    const TensorView view = weight_beside(tensors, weight, kInputFactor, file);
    const std::int64_t inputs = view.count() / view.shape.front();
    constexpr float kLeast = 1e-10F;
    quantisation.layers[weight] =
        take_vector(tensors, named(weight, kInputFactor), inputs, kLeast, file);
  }
  for (const std::string& weight : weights_with(tensors, kScale)) {
    const TensorView view = weight_beside(tensors, weight, kScale, file);
    std::vector<float> scales =
        take_vector(tensors, named(weight, kScale), view.shape.front(), 0.0F, file);
    tensors.tensors.at(weight) = dequantised(view, std::move(scales), quantisation.layers[weight]);
  }
  return quantisation;
}

}  // namespace diptych::checkpoint
