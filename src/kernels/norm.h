#pragma once

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Computes out = (x - mean) / sqrt(variance + epsilon) * weight + bias, row by row; `weight` and
/// `bias` hold x.width values. `out` may be `x`.
void layer_norm(ConstMatrixView x, const float* weight, const float* bias, float epsilon,
                MatrixView out, ThreadPool& pool);

/// Computes out = x / sqrt(mean of squares + epsilon) * weight, row by row; `weight` holds x.width
/// values. `out` may be `x`.
void rms_norm(ConstMatrixView x, const float* weight, float epsilon, MatrixView out,
              ThreadPool& pool);

}  // namespace diptych::kernels
