#pragma once

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// out = (x - mean) / sqrt(variance + epsilon) * weight + bias, row by row; `weight` and `bias`
/// hold x.width values. `out` may be `x`.
void layer_norm(ConstMatrix x, const float* weight, const float* bias, float epsilon, Matrix out,
                ThreadPool& pool);

/// out = x / sqrt(mean of squares + epsilon) * weight, row by row; `weight` holds x.width values.
/// `out` may be `x`.
void rms_norm(ConstMatrix x, const float* weight, float epsilon, Matrix out, ThreadPool& pool);

}  // namespace diptych::kernels
