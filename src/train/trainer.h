#pragma once

#include "diptych/train.h"
#include "train/model_source.h"

namespace diptych::train {

/// run_training (diptych/train.h), on the model that `source` reads once the options and the run's
/// folder have been found good.
TrainResult train(const TrainOptions& options, const ModelSource& source,
                  const TrainCallbacks& callbacks);

}  // namespace diptych::train
