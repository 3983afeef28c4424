#include "train/trainer.h"

#include "train/run.h"
#include "train/shared_run.h"

namespace diptych::train {

TrainResult train(const TrainOptions& options, const ModelReader& source,
                  const TrainCallbacks& callbacks, const TrainProcess& process) {
  check_train_options(options);
  const auto group = join_processes(options, process);
  return Run(options, source, callbacks, process, group.get()).execute();
}

}  // namespace diptych::train
