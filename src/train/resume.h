#pragma once

#include <optional>

#include "diptych/train_options.h"
#include "train/run_folder.h"
#include "train/run_state.h"

namespace diptych::train {

/// Returns the checkpoint that a run goes on from; none for a new run. Throws Error: not_found when
/// there is none that was asked for; invalid_argument when the folder holds a run that would be
/// lost.
std::optional<SavedRun> find_checkpoint(const TrainOptions& options, const RunFolder& folder);

}  // namespace diptych::train
