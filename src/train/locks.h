#pragma once

#include "diptych/train_options.h"
#include "libtorch/parameters.h"
#include "network/model.h"

namespace diptych::train {

/// Takes the parameters of locked towers out of training: they no longer require gradients. Throws
/// Error(invalid_argument) for unlocked groups of a tower that has no numbered blocks.
void lock_towers(const TrainOptions& options, const network::Model& model,
                 libtorch::Parameters& parameters);

}  // namespace diptych::train
