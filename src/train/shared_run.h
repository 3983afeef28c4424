#pragma once

#include <cstdint>

#include "diptych/train_options.h"
#include "libtorch/process_group.h"
#include "network/model.h"
#include "train/run_record.h"
#include "train/run_state.h"

namespace diptych::train {

/// Throws Error: invalid_argument for fewer pairs a step than processes; unsupported for what
/// several processes cannot train together: a teacher's scores, and batch normalisation by the
/// batch's own statistics, which each process would have of its own pairs.
void check_shared_run(const TrainOptions& options, const network::Model& model, int processes);

/// Throws Error(invalid_argument) in every process, naming one, unless all of them are about to do
/// the same run from the same place. Throws as ProcessGroup.
void agree_on_run(const libtorch::ProcessGroup& group, const RunRecord& record,
                  const RunPosition& position);

/// Returns how many threads a process has where `asked` leaves it open, as zero: its share of the
/// machine's CPUs. `group`: null for one process alone.
int threads_of(int asked, const libtorch::ProcessGroup* group);

}  // namespace diptych::train
