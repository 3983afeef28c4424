#pragma once

#include "diptych/train.h"
#include "train/model_reader.h"

namespace diptych::train {

/// Does what run_training (diptych/train.h) does, on the model that `source` reads once the options
/// and the run's folder have been found good.
TrainResult train(const TrainOptions& options, const ModelReader& source,
                  const TrainCallbacks& callbacks, const TrainProcess& process);

}  // namespace diptych::train
