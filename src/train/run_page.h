#pragma once

#include <string>

#include "train/run_history.h"

namespace diptych::train {

/// Returns an HTML page with a curve of every number of a run's reports.
std::string run_page(const std::string& name, const TrainProgress& now,
                     const std::vector<RunHistory::Entry>& entries);

}  // namespace diptych::train
