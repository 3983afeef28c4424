#pragma once

#include "diptych/train.h"
#include "train/model_reader.h"

namespace diptych::train {

/// plan_training (diptych/train.h), of the model that `source` reads.
TrainPlan plan(const TrainOptions& options, const ModelReader& source);

}  // namespace diptych::train
