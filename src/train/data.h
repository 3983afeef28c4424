#pragma once

#include "checkpoint/model_file.h"
#include "diptych/train_options.h"
#include "shards/dataset.h"
#include "train/loader.h"

namespace diptych::train {

/// Throws Error(invalid_argument) when there is less than one batch.
shards::Dataset open_dataset(const TrainOptions& options);

LoaderOptions loader_options(const TrainOptions& options, const checkpoint::ModelFile& file);

}  // namespace diptych::train
