#pragma once

#include "diptych/packed_model.h"
#include "kernels/element.h"

namespace diptych::engine {

// The functions of diptych/packed_model.h that need no model, `name` and `cpu_unit`, are defined
// beside this.

/// Returns what a precision packs the towers' weights as. Throws Error(unsupported) for one that
/// the CPU does not compute.
kernels::Format format_of(Precision precision);

}  // namespace diptych::engine
