#include "diptych/train.h"

#include "base/module.h"
#include "train/trainer_module.h"

namespace diptych {
namespace {

constexpr ModuleFile kTrainer = {.name = "libdiptych-train.so",
                                 .variable = "DIPTYCH_TRAINER",
                                 .command = "train",
                                 .remedy = "build it with libtorch (tools/setup, DIPTYCH_TRAIN=ON)",
                                 .version = "diptych_trainer_version"};

}  // namespace

TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks) {
  // Never unloaded: libtorch does not survive that.
  static const Module trainer(kTrainer);
  TrainResult result;
  trainer.function<decltype(diptych_run_training)>("diptych_run_training")(options, callbacks,
                                                                           result);
  return result;
}

}  // namespace diptych
