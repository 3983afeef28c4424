#pragma once

#include <torch/torch.h>

namespace diptych::libtorch {

/// The statistics that inference takes for a batch's, and how much of a batch's goes into them.
/// Undefined: they stay as they are.
struct RunningStatistics {
  torch::Tensor mean;
  torch::Tensor variance;
  double momentum = 0.1;  ///< in [0, 1]
};

/// Says whether `batch_norm` takes them: rows of float32 or bfloat16 on the CPU, float32 weights.
bool takes_batch_norm(const torch::Tensor& rows, const torch::Tensor& weight);

/// Returns the rows [places, channels] normalised with their own statistics (arXiv 1502.03167),
/// times `weight` plus `bias`, both float32 [channels], and updates the running statistics. For
/// training on the CPU: libtorch's own kernels sum channels-last values in float32, one after the
/// other, which is off by 1e-3 in the variance of a million values, and going back is several times
/// slower. The bits do not depend on the number of threads. Throws Error(invalid_argument) for one
/// row, whose variance is not defined.
torch::Tensor batch_norm(const torch::Tensor& rows, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon,
                         const RunningStatistics& running);

}  // namespace diptych::libtorch
