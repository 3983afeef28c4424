#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace diptych::train {

/// Tensors that belong together, each with the name that a checkpoint has it under.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// What a checkpoint has of a training's state, and what becomes of what it has not.
class SavedState {
 public:
  /// What is missing is damage by default. A run that goes on with other options may lack what the
  /// earlier ones had no use for: then it starts afresh. `map` must outlive this.
  enum class Missing { is_damage, starts_afresh };
  explicit SavedState(const TensorMap& map, Missing missing = Missing::is_damage)
      : map_(map), missing_(missing) {}

  const TensorMap& map() const { return map_; }
  /// Copies the checkpoint's tensors into those of the same names and shapes. Returns false, and
  /// changes none, when one is missing and `what` starts afresh. Throws Error(corrupt_data) when
  /// that is damage.
  bool restore(const std::string& what, NamedTensors into);
  /// Returns what starts afresh, each once.
  const std::vector<std::string>& afresh() const { return afresh_; }

 private:
  const TensorMap& map_;
  Missing missing_;
  std::vector<std::string> afresh_;
};

}  // namespace diptych::train
