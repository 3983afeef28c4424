#include "diptych/train.h"

#include "api/starting_model.h"
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
  check_train_options(options);
  // Never unloaded: libtorch does not survive that.
  static const Module trainer(kTrainer);
  const auto source = [&options] { return api::starting_model(options.model); };
  TrainResult result;
  trainer.function<decltype(diptych_train)>("diptych_train")(options, source, callbacks, result);
  return result;
}

}  // namespace diptych
