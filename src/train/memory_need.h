#pragma once

#include "diptych/train_options.h"
#include "libtorch/process_group.h"
#include "network/model.h"

namespace diptych::train {

/// Returns the bytes of the host that each of so many processes that share a run does not do
/// without: its part of two batches of pictures and, on the CPU, of the widest layer's activations,
/// and there weights, gradients and a moment, all of them or its shard.
double needed_memory(const TrainOptions& options, const network::Model& model, int processes);

/// Throws Error(out_of_memory) when a step of a run surely takes more memory than this machine has
/// free for this process: it would be killed without a word. What a run takes in truth,
/// plan_training measures. `group`: the processes that share the run, all of which must call; null:
/// one process.
void check_memory(const TrainOptions& options, const network::Model& model,
                  const libtorch::ProcessGroup* group);

}  // namespace diptych::train
