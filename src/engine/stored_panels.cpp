#include "engine/stored_panels.h"

#include <algorithm>

#include "engine/layer_list.h"
#include "engine/precision.h"
#include "kernels/matrix.h"

namespace diptych::engine {
namespace {

using kernels::kPanelWidth;

/// Every vector type can load from its multiples.
constexpr std::uintptr_t kCacheLineBytes = 64;

bool is_of_whole_panels(const network::Linear& layer) {
  return !layer.transposed && layer.first_output % kPanelWidth == 0 &&
         layer.outputs % kPanelWidth == 0;
}

}  // namespace

std::int64_t panel_width() {
  return kPanelWidth;
}

std::set<std::string> weights_in_panels(const network::Model& model) {
  const LayerList layers = list_layers(model);
  const network::ParameterTable& table = model.parameters;
  std::set<std::string> names;
  for (const network::Linear& layer : layers.linears) {
    const network::ParameterSpec& spec = table.spec(layer.weight);
    if (spec.shape.size() == 2 && spec.shape.front() % kPanelWidth == 0) names.insert(spec.name);
  }
  for (const network::Linear& layer : layers.linears) {
    if (!is_of_whole_panels(layer)) names.erase(table.spec(layer.weight).name);
  }
  for (const network::ParameterId embedding : layers.embeddings)
    names.erase(table.spec(embedding).name);
  return names;
}

bool packs_anew(const TensorMap& panels, Precision precision) {
  const bool is_fp32 = format_of(precision) == kernels::Format{};
  return std::ranges::any_of(panels.tensors, [&](const auto& entry) {
    return !is_fp32 || entry.second.shape.back() != kPanelWidth;
  });
}

const std::uint32_t* find_panels(const TensorMap& panels, const network::ParameterTable& table,
                                 const network::Linear& layer) {
  const network::ParameterSpec& spec = table.spec(layer.weight);
  const auto found = panels.tensors.find(spec.name);
  if (found == panels.tensors.end() || !is_of_whole_panels(layer)) return nullptr;
  const TensorView& stored = found->second;
  if (stored.shape != Shape{spec.shape.front() / kPanelWidth, layer.inputs, kPanelWidth})
    return nullptr;
  const std::byte* first = stored.bytes.data();
  if (reinterpret_cast<std::uintptr_t>(first) % kCacheLineBytes != 0) return nullptr;
  return reinterpret_cast<const std::uint32_t*>(first) +
         kernels::panel_offset(layer.first_output / kPanelWidth, layer.inputs);
}

}  // namespace diptych::engine
