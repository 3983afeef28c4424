#pragma once

#include <cstdint>
#include <memory>

#include "train/task.h"

namespace diptych::train {

struct GlobalContrastiveOptions {
  double gamma = 0.2;  ///< how much a batch counts in an estimate at last
  /// Epochs in which that falls from 1, as half a cosine.
  double decay_epochs = 1.0;
  double rho = 6.5;  ///< of the term that holds the temperature up
};

/// Makes FastCLIP's global contrastive loss with one learnt temperature (arXiv 2407.01445, version
/// 3): what a pair is told apart from is estimated over all of the data, by two numbers a sample
/// that every batch moves, so that small batches suffice. Needs Batch::samples and Batch::epoch;
/// memory is quadratic in the pairs. Pairs without negatives have no part.
std::unique_ptr<Task> global_contrastive_task(std::int64_t samples,
                                              const GlobalContrastiveOptions& options = {});

}  // namespace diptych::train
