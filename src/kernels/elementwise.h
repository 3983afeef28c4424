#pragma once

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Computes out = a + b, element by element. `out` may be `a` or `b`.
void add(ConstMatrixView a, ConstMatrixView b, MatrixView out, ThreadPool& pool);

/// Computes out = a * b, element by element. `out` may be `a` or `b`.
void multiply(ConstMatrixView a, ConstMatrixView b, MatrixView out, ThreadPool& pool);

/// Multiplies every row of x times `factors`, x.width values, element by element. `out` may be `x`.
void scale_columns(ConstMatrixView x, const float* factors, MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
