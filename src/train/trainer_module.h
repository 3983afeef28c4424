#pragma once

#include "train/loss_benchmark.h"
#include "train/plan.h"
#include "train/trainer.h"

namespace diptych::train {

/// What the trainer's module, libdiptych-train.so, offers to `run_training` (src/api/train.cpp),
/// which loads it. Only a program that trains then loads libtorch: that takes 0.2 s and maps 450
/// MB.
struct TrainerFunctions {
  /// train::train
  TrainResult (*train)(const TrainOptions& options, const ModelReader& source,
                       const TrainCallbacks& callbacks, const TrainProcess& process);
  /// train::plan
  TrainPlan (*plan)(const TrainOptions& options, const ModelReader& source,
                    const TrainProcess& process);
  /// train::benchmark_loss
  LossBenchmark (*benchmark_loss)(const LossBenchmarkOptions& options);
};

}  // namespace diptych::train
