#include "engine/weights.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "engine/layer_list.h"
#include "engine/precision.h"
#include "engine/stored_panels.h"
#include "engine/stored_tensor.h"
#include "tensor/finite.h"

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

int panel_outputs(const PackedLinear& packed, int panel) {
  return std::min(kPanelWidth, packed.outputs() - panel * kPanelWidth);
}

/// The largest magnitude of a stored tensor, its bytes in parts for all threads.
double largest_in_parts(const TensorView& stored, ThreadPool& pool) {
  constexpr std::size_t kPart = std::size_t{1} << 20;  // bytes; a multiple of every element's
  std::vector<double> largest((stored.bytes.size() + kPart - 1) / kPart);
  pool.run(largest.size(), [&](std::size_t i) {
    const auto rest = stored.bytes.subspan(i * kPart);
    largest[i] = largest_magnitude(rest.first(std::min(rest.size(), kPart)), stored.dtype);
  });
  return largest.empty() ? 0.0 : *std::max_element(largest.begin(), largest.end());
}

/// Calls `look(weight, largest)`, then fills every panel of a layer with `rows(weight, first,
/// count)`: rows [first, first + count) of W. The memory that the stored weight took is given back:
/// what remains is the packed copy.
template <typename Look, typename Rows>
void pack(const TensorView& stored, PackedLinear& packed, ThreadPool& pool, const Look& look,
          const Rows& rows) {
  {
    const DenseTensor weight(stored);
    look(weight.view(), largest_in_parts(weight.view(), pool));
    pool.run(static_cast<std::size_t>(packed.panels()), [&](std::size_t i) {
      const auto panel = static_cast<int>(i);
      const std::vector<float> values =
          rows(weight.view(), panel * kPanelWidth, panel_outputs(packed, panel));
      packed.set_panel(panel, values.data());
    });
  }
  MappedFile::release_pages(stored.bytes);
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
           static_cast<std::size_t>(input)] =
          line[static_cast<std::size_t>(first) + static_cast<std::size_t>(i)];
  }
  return rows;
}

void divide_columns(std::vector<float>& rows, const float* factors, int width) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] /= factors[i % static_cast<std::size_t>(width)];
}

/// Rows of a convolution for one panel: scaled, and in the order (ky, kx, channel).
std::vector<float> convolution_rows(const network::Convolution& layer, const TensorView& weight,
                                    const std::vector<float>& scales, int first, int count) {
  const int area = layer.kernel * layer.kernel;
  const std::vector<float> stored = to_floats(rows_of(weight, first, count));
  std::vector<float> rows(stored.size());
  std::size_t from = 0;
  for (int i = 0; i < count; ++i) {
    const float scale = scales[static_cast<std::size_t>(first) + static_cast<std::size_t>(i)];
    float* row = rows.data() + from;
    for (int channel = 0; channel < layer.inputs; ++channel) {
      for (int place = 0; place < area; ++place)
        row[place * layer.inputs + channel] = stored[from++] * scale;
    }
  }
  return rows;
}

}  // namespace

Weights::Weights(network::Model model, const TensorMap& checkpoint, ThreadPool& pool,
                 Precision precision, network::Quantisation quantisation, const TensorMap& panels)
    : model_(std::move(model)),
      format_(engine::format_of(precision)),
      storage_(checkpoint.storage) {
  if (format_.stored == kernels::Element::int8) quantisation_ = std::move(quantisation);
  check(checkpoint);
  const LayerList layers = list_layers(model_);
  look_at_unpacked(layers, pool);
  for (const network::Norm& norm : layers.norms) {
    vectors_[norm.weight] = to_floats(view(norm.weight));
    if (norm.bias != network::kAbsent) vectors_[norm.bias] = to_floats(view(norm.bias));
  }
  for (const network::ParameterId scale : layers.scales) vectors_[scale] = to_floats(view(scale));
  storage_.insert(storage_.end(), panels.storage.begin(), panels.storage.end());
  pack_linears(layers.linears, panels, pool);
  pack_convolutions(layers.convolutions, pool);
  arrange_windows(layers.depthwise_convolutions);
  keep_tables(layers.embeddings);
}

void Weights::check(const TensorMap& checkpoint) {
  for (const network::ParameterSpec& spec : model_.parameters.specs()) {
    const TensorView& view = stored_tensor(checkpoint, spec);
    ensure(view.compute || view.bytes.size() == view.size_bytes(),
           "a tensor's bytes fill its shape");
    views_.push_back(view);
  }
}

kernels::Format Weights::format_of(network::ParameterId weight) const {
  constexpr kernels::Format kWide = {kernels::Element::bf16, kernels::Element::bf16};
  if (quantisation_.layers.empty() || quantisation_.layers.contains(name(weight))) return format_;
  return kWide;
}

const float* Weights::input_factors(const network::Linear& layer) const {
  const auto found = quantisation_.layers.find(name(layer.weight));
  if (found == quantisation_.layers.end() || found->second.empty()) return nullptr;
  return found->second.data();
}

void Weights::look(network::ParameterId parameter, const TensorView& dense, double largest) {
  if (!std::isfinite(largest)) {
    fail(ErrorCode::corrupt_data, "checkpoint: {}: got NaN or infinity, expected finite numbers",
         name(parameter));
  }
  findings_.look(model_.parameters.spec(parameter), dense, largest);
}

/// What is packed is looked at there, so that its stored form is in memory once and not for long;
/// so is what else is computed, but for vectors, which are cheap.
void Weights::look_at_unpacked(const LayerList& layers, ThreadPool& pool) {
  std::set<network::ParameterId> packed;
  for (const network::Linear& layer : layers.linears) packed.insert(layer.weight);
  for (const network::Convolution& layer : layers.convolutions) packed.insert(layer.weight);
  for (std::size_t i = 0; i < views_.size(); ++i) {
    const auto parameter = static_cast<network::ParameterId>(i);
    const bool is_large_computed = views_[i].compute && views_[i].shape.size() >= 2;
    if (packed.contains(parameter) || is_large_computed) continue;
    const DenseTensor dense(views_[i]);
    look(parameter, dense.view(), largest_in_parts(dense.view(), pool));
  }
}

void Weights::pack_linears(const std::vector<network::Linear>& layers, const TensorMap& panels,
                           ThreadPool& pool) {
  for (const network::Linear& layer : layers) {
    PackedLinear& packed = linears_[key(layer)];
    const std::uint32_t* stored = format_of(layer.weight) == kernels::Format{}
                                      ? find_panels(panels, model_.parameters, layer)
                                      : nullptr;
    if (stored != nullptr) {
      packed = PackedLinear(layer.inputs, layer.outputs, stored);
      has_unseen_ = true;
    } else {
      pack_linear(layer, packed, pool);
    }
    if (layer.bias == network::kAbsent) continue;
    const std::vector<float> bias = to_floats(view(layer.bias));
    std::copy_n(bias.begin() + layer.first_bias, layer.outputs, packed.bias());
  }
}

void Weights::pack_linear(const network::Linear& layer, PackedLinear& packed, ThreadPool& pool) {
  packed = PackedLinear(layer.inputs, layer.outputs, format_of(layer.weight));
  const float* factors = input_factors(layer);
  const auto look_at = [&](const TensorView& weight, double largest) {
    look(layer.weight, weight, largest);
  };
  pack(view(layer.weight), packed, pool, look_at,
       [&](const TensorView& weight, int first, int count) {
         std::vector<float> rows = linear_rows(layer, weight, first, count);
         if (factors != nullptr) divide_columns(rows, factors, layer.inputs);
         return rows;
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
  for (const network::Convolution& layer : layers) {
    PackedLinear& packed = convolutions_[layer.weight];
    packed = PackedLinear(layer.inputs * layer.kernel * layer.kernel, layer.outputs,
                          format_of(layer.weight));
    const FoldedNorm folded = folded_norm(layer);
    std::copy(folded.shift.begin(), folded.shift.end(), packed.bias());
    const auto look_at = [&](const TensorView& weight, double largest) {
      look(layer.weight, weight, largest);
    };
    pack(view(layer.weight), packed, pool, look_at,
         [&](const TensorView& weight, int first, int count) {
           return convolution_rows(layer, weight, folded.scale, first, count);
         });
  }
}

/// Tables whose rows are read one at a time must not be computed for each.
void Weights::keep_tables(const std::vector<network::ParameterId>& tables) {
  for (const network::ParameterId table : tables) {
    TensorView& kept = views_[static_cast<std::size_t>(table)];
    if (!kept.compute) continue;
    const auto dense = std::make_shared<const DenseTensor>(kept);
    look(table, dense->view(), largest_magnitude(dense->bytes(), dense->view().dtype));
    kept = dense->view();
    storage_.push_back(dense);
  }
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
