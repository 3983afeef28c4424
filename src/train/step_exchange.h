#pragma once

#include "libtorch/process_group.h"
#include "train/loader.h"

namespace diptych::train {

/// Tells all processes before a step what each of them has: how many pairs, and what was refused,
/// which `loaded` then has of all. Returns whether any of them was asked to stop. Throws as
/// ProcessGroup.
bool exchange_step(const libtorch::ProcessGroup& group, bool asked_to_stop, LoadedBatch& loaded);

}  // namespace diptych::train
