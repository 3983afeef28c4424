#pragma once

#include <string>

#include "train/run_history.h"
#include "train/run_samples.h"

namespace diptych::train {

/// Returns an HTML page with a curve of every number of a run's reports, and the
/// samples as they were seen last.
std::string run_page(const std::string& name, const TrainProgress& now,
                     const std::vector<RunHistory::Entry>& entries, const SamplesSeen& seen);

}  // namespace diptych::train
