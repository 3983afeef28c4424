#include "checkpoint/families/family.h"

#include <algorithm>
#include <map>
#include <utility>

#include "checkpoint/configs/infer_config.h"

namespace diptych::checkpoint {

bool occurs(const TensorMap& tensors, std::string_view pattern) {
  return std::any_of(tensors.tensors.begin(), tensors.tensors.end(),
                     [&](const auto& tensor) { return matches(pattern, tensor.first); });
}

void put_before_names(std::string_view prefix, TensorMap& tensors) {
  std::map<std::string, TensorView, std::less<>> named;
  for (auto& [name, view] : tensors.tensors)
    named.emplace(std::string(prefix) + name, std::move(view));
  tensors.tensors = std::move(named);
}

network::ModelConfig infer_config(const TensorMap& tensors, const Family& family,
                                  network::Activation activation, const std::string& weights_name,
                                  const StatedFacts& stated) {
  const ShapeLookup shapes = [&](const std::string& canonical) {
    return canonical_shape(tensors, family.rules, canonical);
  };
  return infer_config(shapes, activation, weights_name, stated);
}

}  // namespace diptych::checkpoint
