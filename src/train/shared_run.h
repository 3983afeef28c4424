#pragma once

#include <memory>

#include "diptych/train_options.h"
#include "diptych/train_process.h"
#include "libtorch/process_group.h"
#include "network/model.h"
#include "train/loader.h"
#include "train/run_record.h"
#include "train/run_state.h"

namespace diptych::train {

/// Throws Error: invalid_argument for fewer pairs a step than processes; unsupported for what
/// several processes cannot train together: batch statistics in parts of a step, which would be of
/// other pairs than one process's, or on another device than the CPU.
void check_shared_run(const TrainOptions& options, const network::Model& model, int processes);

/// Throws Error(invalid_argument) in every process, naming one, unless all of them are about to do
/// the same run from the same place. Throws as ProcessGroup.
void agree_on_run(const libtorch::ProcessGroup& group, const RunRecord& record,
                  const RunPosition& position);

/// Meets the other processes of a run, and takes this one's device and threads. Null for one
/// process alone. Throws as ProcessGroup.
std::unique_ptr<libtorch::ProcessGroup> join_processes(const TrainOptions& options,
                                                       const TrainProcess& process);

/// Has a loader load this process's part of every batch, with its share of the machine. `group`:
/// null for one process alone.
void load_own_part(const libtorch::ProcessGroup* group, LoaderOptions& loading);

/// Returns how many threads a process has where `asked` leaves it open, as zero: its share of the
/// machine's CPUs. `group`: null for one process alone.
int threads_of(int asked, const libtorch::ProcessGroup* group);

}  // namespace diptych::train
