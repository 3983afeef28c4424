#pragma once

#include "diptych/loss_benchmark.h"

namespace diptych::train {

/// benchmark_loss, in the trainer's module.
LossBenchmark benchmark_loss(const LossBenchmarkOptions& options);

}  // namespace diptych::train
