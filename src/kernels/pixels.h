#pragma once

#include "base/parallel.h"
#include "kernels/im2col.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Squares of `size` x `size` pixels, row by row, one a row of `out` [batch * patches, 3 * size *
/// size], in the order channel, y, x. `pixels` is [batch, 3, height, width]; what fills no whole
/// square is left out.
void patches(const float* pixels, const MapShape& shape, int size, MatrixView out,
             ThreadPool& pool);

/// Reorders [batch, 3, height, width] to channels last: `out` is [batch * height * width, 3].
void channels_last(const float* pixels, const MapShape& shape, MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
