#include "base/error.h"
#include "diptych/train.h"

namespace diptych {

TrainResult run_training(const TrainOptions& /*options*/, const TrainCallbacks& /*callbacks*/) {
  fail(ErrorCode::unsupported,
       "train: this diptych was built without libtorch; build it with DIPTYCH_TRAIN=ON after "
       "tools/setup");
}

}  // namespace diptych
