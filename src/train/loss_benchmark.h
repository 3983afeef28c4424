#pragma once

#include "diptych/loss_benchmark.h"

namespace diptych::train {

/// Does what diptych::benchmark_loss does, in the trainer's module.
LossBenchmark benchmark_loss(const LossBenchmarkOptions& options);

}  // namespace diptych::train
