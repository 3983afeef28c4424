#include "train/trainer.h"

#include <optional>

#include "libtorch/device.h"
#include "train/run.h"
#include "train/shared_run.h"

namespace diptych::train {

TrainResult train(const TrainOptions& options, const ModelReader& source,
                  const TrainCallbacks& callbacks, const TrainProcess& process) {
  check_train_options(options);
  std::optional<libtorch::ProcessGroup> group;
  if (process.world > 1) {
    group.emplace(libtorch::Membership{
        .rank = process.rank, .world = process.world, .meeting_point = process.meeting_point});
    libtorch::take_device(options.device, group->rank_on_machine());
  }
  const libtorch::ProcessGroup* shared = group ? &*group : nullptr;
  at::set_num_threads(threads_of(options.threads, shared));
  return Run(options, source, callbacks, shared).execute();
}

}  // namespace diptych::train
