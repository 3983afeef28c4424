#pragma once

#include "network/model.h"
#include "train/task.h"

namespace diptych::train {

/// Returns whether a model has batch normalisation.
bool has_batch_statistics(const network::Model& model);

/// Computes what the task makes of a pair that does not count, as a process without pairs has to
/// where the others wait for it on their way: for its part of common batch statistics, which is
/// nothing, or for its shards of the parameters.
Outputs uncounted_outputs(const Task& task, const StepModel& step);

/// Goes through both towers with such a pair, without a graph.
void uncounted_features(const StepModel& step);

/// Goes back from them, if anything is to be learnt; adds zeros to gradients.
void go_back_uncounted(const Outputs& outputs);

}  // namespace diptych::train
