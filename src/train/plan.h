#pragma once

#include "diptych/train.h"
#include "train/model_reader.h"

namespace diptych::train {

/// Does what plan_training (diptych/train.h) says, of the model that `source` reads.
TrainPlan plan(const TrainOptions& options, const ModelReader& source, const TrainProcess& process);

}  // namespace diptych::train
