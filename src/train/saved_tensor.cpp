#include "train/saved_tensor.h"

#include "base/error.h"
#include "libtorch/parameters.h"

namespace diptych::train {

void restore_tensor(const TensorMap& map, const std::string& name, torch::Tensor& into) {
  const torch::NoGradGuard no_gradients;
  const auto found = map.tensors.find(name);
  const Shape shape(into.sizes().begin(), into.sizes().end());
  if (found == map.tensors.end() || found->second.shape != shape) {
    fail(ErrorCode::corrupt_data, "checkpoint: got no tensor '{}' of shape {}", name,
         to_string(shape));
  }
  into.copy_(libtorch::to_torch(found->second, into.device()));
}

}  // namespace diptych::train
