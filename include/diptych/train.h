#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "diptych/train_options.h"

namespace diptych {

/// A report on the steps since the last one.
struct TrainProgress {
  std::int64_t step = 0;  ///< steps done
  std::int64_t total_steps = 0;
  int epoch = 0;  ///< from 0
  int epochs = 0;
  double loss = 0.0;           ///< mean over the steps reported on
  double logit_scale = 0.0;    ///< exp of the learned parameter
  double learning_rate = 0.0;  ///< of the last step
  double gradient_norm = 0.0;  ///< of the last step, before clipping
  double pairs_per_second = 0.0;
  double data_seconds = 0.0;  ///< spent waiting for data, a step
  double step_seconds = 0.0;  ///< in all, a step
  std::int64_t refused = 0;   ///< samples that could not be read, since the run began
  std::string last_problem;   ///< why the last of them was refused
};

struct TrainCallbacks {
  /// Called from the training thread; may be empty.
  std::function<void(const TrainProgress&)> report;
  /// Asked after every step; true saves `latest` and ends the run. May be empty.
  std::function<bool()> should_stop;
};

struct TrainResult {
  std::int64_t steps = 0;
  bool finished = false;        ///< false when `should_stop` ended it
  std::filesystem::path model;  ///< the folder with the trained model; empty unless finished
};

/// Trains. The state after any step can be resumed: on a CPU, with the same number of threads, an
/// interrupted and resumed run gives bit for bit the weights of an uninterrupted one. Needs a build
/// with libtorch, otherwise throws Error(unsupported). Throws Error for options, data or files that
/// cannot be used. One training at a time a process.
TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks = {});

}  // namespace diptych
