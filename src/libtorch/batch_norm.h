#pragma once

#include <torch/torch.h>

#include "libtorch/process_group.h"

namespace diptych::libtorch {

/// The statistics that inference takes for a batch's, and how much of a batch's goes into them.
/// Undefined: they stay as they are.
struct RunningStatistics {
  torch::Tensor mean;
  torch::Tensor variance;
  double momentum = 0.1;  ///< in [0, 1]
};

/// Of whose rows a batch's statistics are.
struct StatisticsShare {
  const ProcessGroup* group = nullptr;  ///< of all its processes'; null: of this one's alone
  /// Whether this process's rows are among them. Those of a process without pairs are not: it
  /// computes as the others do only so that they can add up what they have.
  bool counts = true;
};

/// Says whether `batch_norm` takes them: rows of float32 or bfloat16 on the CPU, float32 weights.
bool takes_batch_norm(const torch::Tensor& rows, const torch::Tensor& weight);

/// Returns the rows [places, channels] normalised with their own statistics (arXiv 1502.03167),
/// times `weight` plus `bias`, both float32 [channels], and updates the running statistics. For
/// training on the CPU: libtorch's own kernels sum channels-last values in float32, one after the
/// other, which is off by 1e-3 in the variance of a million values, and going back is several times
/// slower. The bits do not depend on the number of threads. Where processes share the statistics,
/// all of them call this in the same order, forward and back; the gradient of the rows is then that
/// of all outputs, those of weight and bias are of this process's own. Rows that do not count have
/// gradients of zero. Throws Error(invalid_argument) for one row, whose variance is not defined.
torch::Tensor batch_norm(const torch::Tensor& rows, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon,
                         const RunningStatistics& running, const StatisticsShare& share = {});

}  // namespace diptych::libtorch
