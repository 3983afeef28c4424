#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/im2col.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Computes the mean over what the window sees of the picture: its padding does not count. `out`
/// has window.output(shape).rows() rows.
void average_pool(ConstMatrixView x, const MapShape& shape, const SlidingWindow& window,
                  MatrixView out, ThreadPool& pool);

/// Computes means: row i of `out` is the mean of rows [offsets[i], offsets[i + 1]) of x.
void mean_rows(ConstMatrixView x, std::span<const std::int32_t> offsets, MatrixView out,
               ThreadPool& pool);

}  // namespace diptych::kernels
