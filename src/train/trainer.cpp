#include "train/trainer.h"

#include "base/parallel.h"
#include "train/run.h"

namespace diptych::train {

TrainResult train(const TrainOptions& options, const ModelReader& source,
                  const TrainCallbacks& callbacks) {
  check_train_options(options);
  at::set_num_threads(options.threads > 0 ? options.threads : available_cpus());
  return Run(options, source, callbacks).execute();
}

}  // namespace diptych::train
