#pragma once

#include "diptych/train_options.h"
#include "network/model.h"

namespace diptych::train {

/// Throws Error(out_of_memory) when a step of a run surely takes more memory than this machine has
/// free: it would be killed without a word. Counts what no run does without: two batches of
/// pictures and, on the CPU, weights, gradients and a moment, and the widest layer's activations.
/// What a run takes in truth, plan_training measures.
void check_memory(const TrainOptions& options, const network::Model& model);

}  // namespace diptych::train
