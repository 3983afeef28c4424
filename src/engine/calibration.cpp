#include "engine/calibration.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <set>
#include <span>

#include "engine/layer_list.h"
#include "kernels/gemm.h"
#include "tensor/int8.h"

namespace diptych::engine {
namespace {

using kernels::kPanelWidth;
using kernels::PackedLinear;

/// A layer with its weights as they were before they were packed, [outputs, inputs], and the
/// product of both.
struct SeenLayer {
  const LayerInputs::Layer* inputs;
  std::vector<float> weights;
  int outputs;
  Tensor exact;
};
/// The layers that share a weight, and so what its inputs are multiplied by.
using Group = std::vector<SeenLayer>;

std::vector<float> unpacked(const PackedLinear& layer) {
  const auto width = static_cast<std::size_t>(layer.inputs());
  std::vector<float> weights(static_cast<std::size_t>(layer.outputs()) * width);
  for (int output = 0; output < layer.outputs(); ++output) {
    const std::uint32_t* panel = layer.panel(output / kPanelWidth) + output % kPanelWidth;
    float* row = weights.data() + static_cast<std::size_t>(output) * width;
    for (std::size_t i = 0; i < width; ++i) row[i] = std::bit_cast<float>(panel[i * kPanelWidth]);
  }
  return weights;
}

/// Rows that are multiplied by `factors` (none: 1) and rounded to what int8 holds.
std::vector<float> rounded(std::vector<float> rows, std::span<const float> factors,
                           std::size_t width) {
  for (std::size_t first = 0; first < rows.size(); first += width) {
    const std::span<float> row = std::span(rows).subspan(first, width);
    for (std::size_t i = 0; i < factors.size(); ++i) row[i] *= factors[i];
    const Int8Row rounding = int8_row(row);
    for (float& value : row) value = static_cast<float>(rounding.round(value)) * rounding.scale;
  }
  return rows;
}

/// x W^T, [rows, outputs].
Tensor product(std::span<const float> x, std::span<const float> weights, int inputs, int outputs,
               ThreadPool& pool) {
  PackedLinear packed(inputs, outputs);
  for (int panel = 0; panel < packed.panels(); ++panel)
    packed.set_panel(panel, weights.data() + kernels::panel_offset(panel, inputs));
  const int rows = static_cast<int>(x.size()) / inputs;
  Arena arena;
  const Tensor in = arena.allocate(rows, inputs);
  for (int i = 0; i < rows; ++i)
    std::copy_n(x.data() + static_cast<std::ptrdiff_t>(i) * inputs, inputs, in.row(i));
  Tensor out = arena.allocate(rows, outputs);
  kernels::gemm(in.matrix(), packed, kernels::Activation::none, nullptr, out.matrix(), pool);
  return out;
}

struct Squares {
  double exact = 0.0;
  double difference = 0.0;

  void add(const Tensor& a, const Tensor& b) {
    for (int i = 0; i < a.rows(); ++i) {
      for (int j = 0; j < a.width(); ++j) {
        const double expected = a.row(i)[j];
        const double off = b.row(i)[j] - expected;
        exact += expected * expected;
        difference += off * off;
      }
    }
  }
  double relative() const { return exact > 0.0 ? std::sqrt(difference / exact) : 0.0; }
};

/// The relative error of a group's products when inputs are multiplied by `factors`, weights
/// divided by them, and both rounded.
double rounding_error(const Group& group, std::span<const float> factors, ThreadPool& pool) {
  std::vector<float> inverse(factors.begin(), factors.end());
  for (float& factor : inverse) factor = 1.0F / factor;
  Squares squares;
  for (const SeenLayer& layer : group) {
    const int inputs = layer.inputs->inputs;
    const auto width = static_cast<std::size_t>(inputs);
    squares.add(layer.exact,
                product(rounded(layer.inputs->rows, factors, width),
                        rounded(layer.weights, inverse, width), inputs, layer.outputs, pool));
  }
  return squares.relative();
}

/// The largest magnitudes of every input channel, of inputs and of weights.
struct Magnitudes {
  std::vector<float> inputs;
  std::vector<float> weights;
};

Magnitudes magnitudes(const Group& group) {
  const auto width = static_cast<std::size_t>(group.front().inputs->inputs);
  Magnitudes result{std::vector<float>(width), std::vector<float>(width)};
  for (const SeenLayer& layer : group) {
    for (std::size_t i = 0; i < width; ++i)
      result.inputs[i] = std::max(result.inputs[i], layer.inputs->largest[i]);
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
      result.weights[i % width] = std::max(result.weights[i % width], std::abs(layer.weights[i]));
  }
  return result;
}

/// weights^(1 - power) / inputs^power, channel by channel: SmoothQuant's equation 4, inverted.
std::vector<float> smoothing(const Magnitudes& magnitudes, double power) {
  // A channel that is as good as zero must not take the others' bits.
  constexpr float kLeast = 1e-5F;
  std::vector<float> factors(magnitudes.inputs.size());
  for (std::size_t i = 0; i < factors.size(); ++i)
    factors[i] = static_cast<float>(std::pow(std::max(magnitudes.weights[i], kLeast), 1.0 - power) /
                                    std::pow(std::max(magnitudes.inputs[i], kLeast), power));
  return factors;
}

struct ChosenSmoothing {
  std::vector<float> factors;
  double error = 0.0;
};

/// The smoothing with the smallest error; none unless it gains something, since it costs a pass
/// over the inputs.
ChosenSmoothing best_smoothing(const Group& group, ThreadPool& pool) {
  constexpr std::array kPowers = {0.25, 0.5, 0.75};
  constexpr double kGain = 0.9;
  const double plain = rounding_error(group, {}, pool);
  ChosenSmoothing best{{}, plain * kGain};
  const Magnitudes found = magnitudes(group);
  for (const double power : kPowers) {
    std::vector<float> factors = smoothing(found, power);
    const double error = rounding_error(group, factors, pool);
    if (error < best.error) best = {std::move(factors), error};
  }
  if (best.factors.empty()) best.error = plain;
  return best;
}

/// The packed layers of every weight that was seen.
std::map<network::ParameterId, std::vector<const PackedLinear*>> seen_layers(
    const LayerInputs& inputs) {
  std::map<network::ParameterId, std::vector<const PackedLinear*>> layers;
  for (const auto& [packed, layer] : inputs.layers()) layers[layer.weight].push_back(packed);
  return layers;
}

/// A weight at a time, since its numbers are in memory once more.
Group group_of(const std::vector<const PackedLinear*>& layers, const LayerInputs& inputs,
               ThreadPool& pool) {
  Group group;
  group.reserve(layers.size());
  for (const PackedLinear* packed : layers) {
    const LayerInputs::Layer& seen = inputs.layers().at(packed);
    SeenLayer layer{&seen, unpacked(*packed), packed->outputs(), {}};
    layer.exact = product(seen.rows, layer.weights, seen.inputs, layer.outputs, pool);
    group.push_back(std::move(layer));
  }
  return group;
}

}  // namespace

void LayerInputs::multiplies(network::ParameterId weight, const kernels::PackedLinear& layer,
                             kernels::ConstMatrixView rows) {
  constexpr int kRowsOfACall = 64;
  constexpr int kRows = 256;
  Layer& seen = layers_[&layer];
  seen.weight = weight;
  seen.inputs = rows.width;
  seen.largest.resize(static_cast<std::size_t>(rows.width));
  for (int i = 0; i < rows.rows; ++i) {
    for (int j = 0; j < rows.width; ++j) {
      float& largest = seen.largest[static_cast<std::size_t>(j)];
      largest = std::max(largest, std::abs(rows.row(i)[j]));
    }
  }
  const int step = std::max(rows.rows / kRowsOfACall, 1);
  for (int i = 0; i < rows.rows && seen.row_count() < kRows; i += step)
    seen.rows.insert(seen.rows.end(), rows.row(i), rows.row(i) + rows.width);
}

Calibrated calibrate(const network::Model& model, const LayerInputs& inputs, ThreadPool& pool,
                     const CalibrationOptions& options) {
  const auto seen = seen_layers(inputs);
  const LayerList layers = list_layers(model);
  std::map<network::ParameterId, bool> smoothable;
  for (const network::Linear& layer : layers.linears) {
    if (!layer.transposed) smoothable[layer.weight] = true;
  }
  // A neighbourhood's channels come several times, and once in the stored weight.
  for (const network::Convolution& layer : layers.convolutions) smoothable[layer.weight] = false;
  Calibrated result;
  for (const auto& [weight, smooths] : smoothable) {
    const auto found = seen.find(weight);
    if (found == seen.end()) {
      ++result.unseen;
      continue;
    }
    const Group group = group_of(found->second, inputs, pool);
    ChosenSmoothing choice = smooths ? best_smoothing(group, pool)
                                     : ChosenSmoothing{{}, rounding_error(group, {}, pool)};
    if (!(choice.error <= options.largest_error)) {
      ++result.left_wide;
      continue;
    }
    result.smoothed += choice.factors.empty() ? 0 : 1;
    result.quantisation.layers[model.parameters.spec(weight).name] = std::move(choice.factors);
  }
  return result;
}

}  // namespace diptych::engine
