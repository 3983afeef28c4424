#pragma once

#include "base/parallel.h"
#include "kernels/activation.h"
#include "kernels/matrix.h"
#include "kernels/packed_linear.h"

namespace diptych::kernels {

/// Computes out = activation(x W^T + b + residual). `residual` has out's rows and width, or is
/// null. Rows of `out` and `residual` have room to padded_width(outputs); what lies after the last
/// output is overwritten in `out`. `out` overlaps neither `x` nor `residual`.
///
/// In the layer's format, whose unit says what x is rounded to: for bf16 to the nearest, for int8
/// to 255 steps of each row.
///
/// Every element is computed by the same operations in the same order whatever the other rows are,
/// however many there are and however many threads work: a row's result does not depend on its
/// batch.
void gemm(ConstMatrixView x, const PackedLinear& layer, Activation activation,
          const ConstMatrixView* residual, MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
