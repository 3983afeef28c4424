#pragma once

#include <torch/torch.h>

#include <functional>
#include <string>
#include <vector>

#include "libtorch/parameters.h"
#include "libtorch/sharding.h"
#include "tensor/tensor.h"

namespace diptych::train {

/// A tensor of a training's state: the name that a checkpoint has it under, and how it lies here.
struct StateTensor {
  std::string name;
  torch::Tensor tensor;
  libtorch::Sharding sharding = {};
};

/// Tensors that belong together.
using State = std::vector<StateTensor>;

/// Names what there is of each parameter, in the table's order. `shardings`: of the parameters, or
/// empty where everything is whole.
State state_of(const std::string& prefix, const network::ParameterTable& table,
               const libtorch::Parameters& parameters,
               const std::vector<libtorch::Sharding>& shardings);

/// Adds copies of them on the host. What lies in shards is not copied but gathered whenever it is
/// read, as it is by then: see read_together.
void add_state(TensorMap& map, const State& state);

/// Lets the first process of a group read a state of which the others have the same: one tensor
/// after the other is gathered as it is read, and none is kept. The others stand by until it has
/// read. Throws as ProcessGroup.
void read_together(const libtorch::ProcessGroup& group, const TensorMap& state,
                   const std::function<void(const TensorMap&)>& read);

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
  bool restore(const std::string& what, const State& into);
  /// Returns what starts afresh, each once.
  const std::vector<std::string>& afresh() const { return afresh_; }

 private:
  const TensorMap& map_;
  Missing missing_;
  std::vector<std::string> afresh_;
};

}  // namespace diptych::train
