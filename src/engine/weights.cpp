#include "engine/weights.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "engine/layer_list.h"

namespace diptych::engine {
namespace {

using kernels::kPanelWidth;
using kernels::PackedLinear;

/// Rows [first, first + count) of a tensor's outermost dimension.
TensorView rows_of(const TensorView& view, std::int64_t first, std::int64_t count) {
  TensorView part = view;
  const std::size_t row_bytes = view.bytes.size() / static_cast<std::size_t>(view.shape.front());
  part.shape.front() = count;
  part.bytes = view.bytes.subspan(static_cast<std::size_t>(first) * row_bytes,
                                  static_cast<std::size_t>(count) * row_bytes);
  return part;
}

/// One panel of a layer to be filled.
struct PanelTask {
  std::size_t layer;
  int panel;
};

std::vector<PanelTask> panel_tasks(const std::vector<PackedLinear*>& packed) {
  std::vector<PanelTask> tasks;
  for (std::size_t layer = 0; layer < packed.size(); ++layer) {
    for (int panel = 0; panel < packed[layer]->panels(); ++panel) tasks.push_back({layer, panel});
  }
  return tasks;
}

int panel_outputs(const PackedLinear& packed, int panel) {
  return std::min(kPanelWidth, packed.outputs() - panel * kPanelWidth);
}

/// Rows of W for one panel: [outputs of the panel, inputs].
std::vector<float> linear_rows(const network::Linear& layer, const TensorView& weight, int first,
                               int count) {
  if (!layer.transposed) return to_floats(rows_of(weight, layer.first_output + first, count));
  std::vector<float> rows(static_cast<std::size_t>(count) * static_cast<std::size_t>(layer.inputs));
  std::vector<float> line(static_cast<std::size_t>(layer.outputs));
  for (int input = 0; input < layer.inputs; ++input) {
    to_floats(rows_of(weight, input, 1), line);
    for (int i = 0; i < count; ++i)
      rows[static_cast<std::size_t>(i) * static_cast<std::size_t>(layer.inputs) +
           static_cast<std::size_t>(input)] = line[static_cast<std::size_t>(first + i)];
  }
  return rows;
}

/// Rows of a convolution for one panel: scaled, and in the order (ky, kx, channel).
std::vector<float> convolution_rows(const network::Convolution& layer, const TensorView& weight,
                                    const std::vector<float>& scales, int first, int count) {
  const int area = layer.kernel * layer.kernel;
  const std::vector<float> stored = to_floats(rows_of(weight, first, count));
  std::vector<float> rows(stored.size());
  std::size_t from = 0;
  for (int i = 0; i < count; ++i) {
    const float scale = scales[static_cast<std::size_t>(first + i)];
    float* row = rows.data() + from;
    for (int channel = 0; channel < layer.inputs; ++channel) {
      for (int place = 0; place < area; ++place)
        row[place * layer.inputs + channel] = stored[from++] * scale;
    }
  }
  return rows;
}

}  // namespace

Weights::Weights(network::Model model, const TensorMap& checkpoint, ThreadPool& pool)
    : model_(std::move(model)), storage_(checkpoint.storage) {
  check(checkpoint);
  const LayerList layers = list_layers(model_);
  for (const network::Norm& norm : layers.norms) {
    vectors_[norm.weight] = to_floats(view(norm.weight));
    if (norm.bias != network::kAbsent) vectors_[norm.bias] = to_floats(view(norm.bias));
  }
  for (const network::ParameterId scale : layers.scales) vectors_[scale] = to_floats(view(scale));
  pack_linears(layers.linears, pool);
  pack_convolutions(layers.convolutions, pool);
  arrange_windows(layers.depthwise_convolutions);
  similarity_scale_ = std::exp(to_floats(view(model_.logit_scale)).front());
  if (model_.logit_bias != network::kAbsent)
    similarity_bias_ = to_floats(view(model_.logit_bias)).front();
}

void Weights::check(const TensorMap& checkpoint) {
  for (const network::ParameterSpec& spec : model_.parameters.specs()) {
    const auto found = checkpoint.tensors.find(spec.name);
    if (found == checkpoint.tensors.end())
      fail(ErrorCode::invalid_argument, "checkpoint: no {}, expected one of shape {}", spec.name,
           to_string(spec.shape));
    const TensorView& view = found->second;
    if (view.shape != spec.shape)
      fail(ErrorCode::invalid_argument, "checkpoint: {}: got shape {}, expected {}", spec.name,
           to_string(view.shape), to_string(spec.shape));
    ensure(view.bytes.size() == static_cast<std::size_t>(view.count()) * size_of(view.dtype),
           "a tensor's bytes fill its shape");
    views_.push_back(view);
  }
}

void Weights::pack_linears(const std::vector<network::Linear>& layers, ThreadPool& pool) {
  std::vector<PackedLinear*> packed;
  for (const network::Linear& layer : layers) {
    PackedLinear& target = linears_[key(layer)];
    target = PackedLinear(layer.inputs, layer.outputs);
    if (layer.bias != network::kAbsent)
      to_floats(rows_of(view(layer.bias), layer.first_bias, layer.outputs),
                {target.bias(), static_cast<std::size_t>(layer.outputs)});
    packed.push_back(&target);
  }
  const std::vector<PanelTask> tasks = panel_tasks(packed);
  pool.run(tasks.size(), [&](std::size_t i) {
    const auto [layer, panel] = tasks[i];
    const std::vector<float> rows =
        linear_rows(layers[layer], view(layers[layer].weight), panel * kPanelWidth,
                    panel_outputs(*packed[layer], panel));
    packed[layer]->set_panel(panel, rows.data());
  });
}

Weights::FoldedNorm Weights::folded_norm(const network::Convolution& layer) const {
  if (!layer.norm) {
    return {.scale = std::vector<float>(static_cast<std::size_t>(layer.outputs), 1.0F),
            .shift = to_floats(view(layer.bias))};
  }
  FoldedNorm folded{.scale = to_floats(view(layer.norm->weight)),
                    .shift = to_floats(view(layer.norm->bias))};
  const std::vector<float> mean = to_floats(view(layer.norm->running_mean));
  const std::vector<float> variance = to_floats(view(layer.norm->running_variance));
  for (std::size_t i = 0; i < folded.scale.size(); ++i) {
    folded.scale[i] /= std::sqrt(variance[i] + layer.norm->epsilon);
    folded.shift[i] -= mean[i] * folded.scale[i];
  }
  return folded;
}

void Weights::pack_convolutions(const std::vector<network::Convolution>& layers, ThreadPool& pool) {
  std::vector<PackedLinear*> packed;
  std::vector<FoldedNorm> norms;
  for (const network::Convolution& layer : layers) {
    PackedLinear& target = convolutions_[layer.weight];
    target = PackedLinear(layer.inputs * layer.kernel * layer.kernel, layer.outputs);
    FoldedNorm folded = folded_norm(layer);
    std::copy(folded.shift.begin(), folded.shift.end(), target.bias());
    norms.push_back(std::move(folded));
    packed.push_back(&target);
  }
  const std::vector<PanelTask> tasks = panel_tasks(packed);
  pool.run(tasks.size(), [&](std::size_t i) {
    const auto [layer, panel] = tasks[i];
    const std::vector<float> rows =
        convolution_rows(layers[layer], view(layers[layer].weight), norms[layer].scale,
                         panel * kPanelWidth, panel_outputs(*packed[layer], panel));
    packed[layer]->set_panel(panel, rows.data());
  });
}

void Weights::arrange_windows(const std::vector<network::DepthwiseConvolution>& layers) {
  for (const network::DepthwiseConvolution& layer : layers) {
    const std::vector<float> stored = to_floats(view(layer.weight));
    const auto channels = static_cast<std::size_t>(layer.channels);
    const auto area = static_cast<std::size_t>(layer.kernel) * layer.kernel;
    std::vector<float>& windows = vectors_[layer.weight];
    windows.resize(stored.size());
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t place = 0; place < area; ++place)
        windows[place * channels + c] = stored[c * area + place];
    }
    vectors_[layer.bias] = to_floats(view(layer.bias));
  }
}

const PackedLinear& Weights::linear(const network::Linear& layer) const {
  return linears_.at(key(layer));
}

const PackedLinear& Weights::convolution(const network::Convolution& layer) const {
  return convolutions_.at(layer.weight);
}

const float* Weights::vector(network::ParameterId parameter) const {
  return vectors_.at(parameter).data();
}

void Weights::read_row(network::ParameterId parameter, std::int32_t index,
                       std::span<float> out) const {
  const TensorView& table = view(parameter);
  const std::int64_t rows = table.shape.size() == 1 ? 1 : table.shape.front();
  if (index < 0 || index >= rows)
    fail(ErrorCode::invalid_argument, "{}: got row {}, expected 0 to {}",
         model_.parameters.spec(parameter).name, index, rows - 1);
  to_floats(table.shape.size() == 1 ? table : rows_of(table, index, 1), out);
}

}  // namespace diptych::engine
