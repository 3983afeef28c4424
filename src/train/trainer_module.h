#pragma once

#include "train/loss_benchmark.h"
#include "train/trainer.h"

// What the trainer's module, libdiptych-train.so, offers to `run_training` (src/api/train.cpp),
// which loads it. Only a program that trains then loads libtorch: that takes 0.2 s and maps 450 MB.
extern "C" {

/// version() of the diptych that the module is part of; it must be the caller's own.
const char* diptych_trainer_version();

/// train::train. Throws as it does.
void diptych_train(const diptych::TrainOptions& options, const diptych::train::ModelSource& source,
                   const diptych::TrainCallbacks& callbacks, diptych::TrainResult& result);

/// train::benchmark_loss. Throws as it does.
void diptych_benchmark_loss(const diptych::LossBenchmarkOptions& options,
                            diptych::LossBenchmark& result);
}
