#pragma once

#include "network/operations/parameters.h"
#include "tensor/tensor.h"

namespace diptych::engine {

/// Returns a parameter's tensor in a checkpoint. Throws Error(invalid_argument) when it is missing
/// or has another shape.
const TensorView& stored_tensor(const TensorMap& checkpoint, const network::ParameterSpec& spec);

}  // namespace diptych::engine
