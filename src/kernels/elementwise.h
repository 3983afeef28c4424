#pragma once

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// out = a + b, element by element. `out` may be `a` or `b`.
void add(ConstMatrix a, ConstMatrix b, Matrix out, ThreadPool& pool);

/// out = a * b, element by element. `out` may be `a` or `b`.
void multiply(ConstMatrix a, ConstMatrix b, Matrix out, ThreadPool& pool);

/// Every row of x times `factors`, x.width values, element by element. `out` may be `x`.
void scale_columns(ConstMatrix x, const float* factors, Matrix out, ThreadPool& pool);

}  // namespace diptych::kernels
