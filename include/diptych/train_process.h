#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/train_options.h"

namespace diptych {

/// One of the processes that share a training: each of them computes a part of every step.
struct TrainProcess {
  int rank = 0;   ///< from 0; the first one alone writes and reports
  int world = 1;  ///< how many there are
  /// Where they find each other: "tcp://HOST:PORT", HOST being rank 0's machine, or "file:///PATH"
  /// of a new file that all of them see. Not looked at where there is one.
  std::string meeting_point;
  /// What the run's record says that it was started with; empty: what this process was.
  std::vector<std::string> command;
};

/// Returns what the environment says of this process, as torchrun (RANK, WORLD_SIZE), Slurm's srun
/// (SLURM_PROCID, SLURM_STEP_NUM_TASKS) or mpirun (OMPI_COMM_WORLD_RANK and _SIZE, PMI_RANK and
/// _SIZE) set it; one process where it says nothing. They meet where
/// TrainOptions::meeting_point says, or at MASTER_ADDR and MASTER_PORT (29500). Throws
/// Error(invalid_argument) when these do not fit each other or the options.
DIPTYCH_API TrainProcess train_process_of_environment(const TrainOptions& options);

}  // namespace diptych
