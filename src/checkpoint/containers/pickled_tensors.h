#pragma once

#include <vector>

#include "checkpoint/containers/find_model.h"
#include "checkpoint/containers/pickle.h"

namespace diptych::checkpoint {

/// A tensor somewhere in a pickle.
struct PickledTensor {
  TensorName name;
  Pickle::NodeId node;  ///< the call that would rebuild it
};

/// Returns all tensors that bear names, in the order of the file: in dictionaries, lists and
/// objects within the root, whatever else lies beside them. Each dictionary is walked once, however
/// often it is referred to, so that the walk is linear in the file; none is deeper than 64 levels.
/// Whole modules give the names that their state dict would.
std::vector<PickledTensor> find_tensors(const Pickle& pickle);

}  // namespace diptych::checkpoint
