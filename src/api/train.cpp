#include "diptych/train.h"

#include "api/starting_model.h"
#include "base/module.h"
#include "train/trainer_module.h"

namespace diptych {
namespace {

constexpr ModuleFile kTrainer = {
    .name = "libdiptych-train.so",
    .variable = "DIPTYCH_TRAINER",
    .command = "train",
    .remedy = "Build it with libtorch (tools/setup, DIPTYCH_TRAIN=ON)"};

}  // namespace

TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks) {
  check_train_options(options);
  // Never unloaded: libtorch does not survive that.
  static const Module<train::TrainerFunctions> trainer(kTrainer);
  const auto source = [&options] { return api::starting_model(options.model); };
  return trainer->train(options, source, callbacks);
}

}  // namespace diptych
