#include "diptych/train.h"

#include <vector>

#include "api/starting_model.h"
#include "base/error.h"
#include "base/module.h"
#include "diptych/loss_benchmark.h"
#include "train/trainer_module.h"

namespace diptych {
namespace {

constexpr ModuleFile kTrainer = {
    .name = "libdiptych-train.so",
    .variable = "DIPTYCH_TRAINER",
    .command = "train",
    .remedy = "Build it with libtorch (tools/setup, DIPTYCH_TRAIN=ON)"};

/// Never unloaded: libtorch does not survive that.
const Module<train::TrainerFunctions>& trainer() {
  static const Module<train::TrainerFunctions> module(kTrainer);
  return module;
}

/// What the options state of a model that its files leave open.
LoadOptions load_options(const TrainOptions& options) {
  LoadOptions load{.image_size = options.image_size,
                   .context_length = options.context_length,
                   .strict = options.strict};
  if (options.quick_gelu || options.no_quick_gelu) load.quick_gelu = options.quick_gelu;
  const std::vector<int> heads = train_option_heads(options);
  if (!heads.empty()) {
    load.image_heads = heads.front();
    load.text_heads = heads.back();
  }
  return load;
}

/// Refers to the options.
train::ModelReader source_of(const TrainOptions& options) {
  return [&options](const std::string& name) {
    return api::starting_model(name, name == options.model ? load_options(options) : LoadOptions());
  };
}

void check_process(const TrainOptions& options, const TrainProcess& process) {
  check_train_options(options);
  if (options.processes == 1 || options.processes == process.world) return;
  fail(ErrorCode::invalid_argument,
       "train: nproc: got {} for one of {} processes, expected whoever calls this to start them",
       options.processes, process.world);
}

}  // namespace

TrainPlan plan_training(const TrainOptions& options, const TrainProcess& process) {
  check_process(options, process);
  return trainer()->plan(options, source_of(options), process);
}

TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks,
                         const TrainProcess& process) {
  check_process(options, process);
  return trainer()->train(options, source_of(options), callbacks, process);
}

LossBenchmark benchmark_loss(const LossBenchmarkOptions& options) {
  return trainer()->benchmark_loss(options);
}

}  // namespace diptych
