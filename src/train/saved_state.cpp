#include "train/saved_state.h"

#include <algorithm>

#include "base/error.h"

namespace diptych::train {

State state_of(const std::string& prefix, const network::ParameterTable& table,
               const libtorch::Parameters& parameters,
               const std::vector<libtorch::Sharding>& shardings) {
  State state;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    state.push_back({.name = prefix + table.specs()[i].name,
                     .tensor = parameters[i],
                     .sharding = shardings.empty() ? libtorch::Sharding{} : shardings[i]});
  }
  return state;
}

void add_state(TensorMap& map, const State& state) {
  const torch::NoGradGuard no_gradients;
  for (const auto& [name, tensor, sharding] : state) {
    const torch::Tensor whole = sharding.whole_of(tensor);
    if (!sharding || sharding.group->rank() == 0) map.add(name, libtorch::to_buffer(whole));
  }
}

bool SavedState::restore(const std::string& what, const State& into) {
  const torch::NoGradGuard no_gradients;
  for (const auto& [name, tensor, sharding] : into) {
    const auto found = map_.tensors.find(name);
    const Shape shape =
        sharding ? sharding.shape : Shape(tensor.sizes().begin(), tensor.sizes().end());
    if (found != map_.tensors.end() && found->second.shape == shape) continue;
    if (missing_ == Missing::is_damage) {
      fail(ErrorCode::corrupt_data, "checkpoint: got no tensor '{}' of shape {}", name,
           to_string(shape));
    }
    if (std::ranges::find(afresh_, what) == afresh_.end()) afresh_.push_back(what);
    return false;
  }
  for (const auto& [name, tensor, sharding] : into)
    tensor.copy_(sharding.shard_of(libtorch::to_torch(map_.tensors.at(name), tensor.device())));
  return true;
}

}  // namespace diptych::train
