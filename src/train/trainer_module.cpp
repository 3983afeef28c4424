#include "train/trainer_module.h"

#include "diptych/version.h"

const char* diptych_trainer_version() {
  return diptych::version().data();
}

void diptych_train(const diptych::TrainOptions& options, const diptych::train::ModelSource& source,
                   const diptych::TrainCallbacks& callbacks, diptych::TrainResult& result) {
  result = diptych::train::train(options, source, callbacks);
}

void diptych_benchmark_loss(const diptych::LossBenchmarkOptions& options,
                            diptych::LossBenchmark& result) {
  result = diptych::train::benchmark_loss(options);
}
