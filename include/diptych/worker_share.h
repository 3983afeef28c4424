#pragma once

#include <cstddef>
#include <string>

#include "diptych/export.h"

namespace diptych {

/// Which part of some work is this process's, where several were started together: the inputs whose
/// place, from 0, divided by `count` leaves `index`.
struct WorkerShare {
  std::size_t index = 0;
  std::size_t count = 1;
  std::string source;  ///< the variables that say so: "RANK, WORLD_SIZE"; empty: alone
};

/// Returns what the environment says: torchrun's RANK and WORLD_SIZE; otherwise Slurm's
/// SLURM_PROCID and SLURM_NTASKS within each task of an array (SLURM_ARRAY_TASK_ID, _MIN, _COUNT,
/// counted in steps of one); otherwise mpirun's OMPI_COMM_WORLD_RANK and _SIZE, or PMI_RANK and
/// PMI_SIZE. Throws Error(invalid_argument) for values that are no numbers, or do not fit each
/// other.
DIPTYCH_API WorkerShare worker_share();

}  // namespace diptych
