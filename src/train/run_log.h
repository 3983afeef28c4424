#pragma once

#include <string>
#include <vector>

#include "diptych/train_options.h"
#include "train/run_folder.h"
#include "train/run_record.h"

namespace diptych::train {

/// Writes into a run's folder how it is made: options.toml, and run.json, which lists every start
/// of the run with its command, its versions and what was allowed to differ. `command`: what was
/// typed; empty: what this process was started with. Throws Error(io).
void log_start(const RunFolder& folder, const TrainOptions& options, const RunRecord& record,
               const std::vector<std::string>& command, std::int64_t step,
               const std::vector<std::string>& changes);

}  // namespace diptych::train
