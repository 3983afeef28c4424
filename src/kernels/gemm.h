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

/// Returns whether the unit here multiplies what a layer is given as bf16: it then is not in
/// float32 in between.
bool multiplies_bf16(const PackedLinear& layer);

/// Computes the same, rounded to the nearest bf16. For a layer that `multiplies_bf16`.
void gemm(ConstMatrixView x, const PackedLinear& layer, Activation activation, Bf16MatrixView out,
          ThreadPool& pool);

/// Computes the same as from float32 that rounds to `x`. For a layer that `multiplies_bf16`; what
/// rows have after their width, up to padded_width, must be finite.
void gemm(ConstBf16MatrixView x, const PackedLinear& layer, Activation activation,
          const ConstMatrixView* residual, MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
