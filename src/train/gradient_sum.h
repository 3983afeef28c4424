#pragma once

#include "libtorch/parameters.h"
#include "libtorch/process_group.h"

namespace diptych::train {

/// Makes the gradients of every process's own pairs those of all of them, in every process. A
/// parameter without a gradient in any process stays without one. Throws as ProcessGroup.
void sum_gradients(const libtorch::ProcessGroup& group, const libtorch::Parameters& parameters);

}  // namespace diptych::train
