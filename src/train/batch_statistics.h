#pragma once

#include <torch/torch.h>

#include "network/model.h"
#include "train/task.h"

namespace diptych::train {

/// Returns whether a model has batch normalisation.
bool has_batch_statistics(const network::Model& model);

/// Computes image features of a picture that does not count, as a process without pairs has to
/// where all of them go by common batch statistics: the others wait for its part of every sum,
/// which is zero, forward and, in `go_back_uncounted`, back.
torch::Tensor uncounted_features(const StepModel& step);

/// Goes back from them, if anything is to be learnt; adds zeros to gradients.
void go_back_uncounted(const torch::Tensor& features);

}  // namespace diptych::train
