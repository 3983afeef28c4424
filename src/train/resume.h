#pragma once

#include <optional>
#include <string>

#include "diptych/train_options.h"
#include "train/run_folder.h"
#include "train/run_state.h"

namespace diptych::train {

/// Returns the checkpoint that a run goes on from; none for a new run. Throws Error: not_found when
/// there is none that was asked for; invalid_argument when the folder holds a run that would be
/// lost.
std::optional<SavedRun> find_checkpoint(const TrainOptions& options, const RunFolder& folder);

/// Returns what to do about a damaged `latest` of the folder, as the end of a message: to go on
/// from the newest epoch that was kept. Empty when there is none, or another file is damaged.
std::string earlier_checkpoint(const RunFolder& folder, const std::string& damaged);

}  // namespace diptych::train
