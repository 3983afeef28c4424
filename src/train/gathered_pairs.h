#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "libtorch/process_group.h"
#include "train/batch.h"

namespace diptych::train {

/// The features of a step's pairs, those of all processes that share it.
struct GatheredPairs {
  torch::Tensor images;  ///< [pairs, width], float32, a leaf of a graph
  torch::Tensor texts;
  /// Groups, samples, epoch and what is given of them, and nothing else; empty for one process
  /// alone.
  Batch batch;
  std::int64_t first = 0;  ///< where this process's own begin
};

/// Returns features and what a common loss looks at besides of all processes, by rank. `given`: of
/// this process's pairs (Task::given). `group`: null for one process alone. Throws as ProcessGroup.
GatheredPairs gather_pairs(const libtorch::ProcessGroup* group, const torch::Tensor& images,
                           const torch::Tensor& texts, const Batch& batch,
                           const std::vector<torch::Tensor>& given);

}  // namespace diptych::train
