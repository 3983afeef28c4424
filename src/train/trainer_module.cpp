#include "train/trainer_module.h"

#include "diptych/train.h"
#include "diptych/version.h"

const char* diptych_trainer_version() {
  return diptych::version().data();
}

void diptych_run_training(const diptych::TrainOptions& options,
                          const diptych::TrainCallbacks& callbacks, diptych::TrainResult& result) {
  result = diptych::run_training(options, callbacks);
}
