#include "train/saved_state.h"

#include <algorithm>

#include "base/error.h"
#include "libtorch/parameters.h"

namespace diptych::train {

bool SavedState::restore(const std::string& what, NamedTensors into) {
  const torch::NoGradGuard no_gradients;
  for (const auto& [name, tensor] : into) {
    const auto found = map_.tensors.find(name);
    const Shape shape(tensor.sizes().begin(), tensor.sizes().end());
    if (found != map_.tensors.end() && found->second.shape == shape) continue;
    if (missing_ == Missing::is_damage) {
      fail(ErrorCode::corrupt_data, "checkpoint: got no tensor '{}' of shape {}", name,
           to_string(shape));
    }
    if (std::ranges::find(afresh_, what) == afresh_.end()) afresh_.push_back(what);
    return false;
  }
  for (auto& [name, tensor] : into)
    tensor.copy_(libtorch::to_torch(map_.tensors.at(name), tensor.device()));
  return true;
}

}  // namespace diptych::train
