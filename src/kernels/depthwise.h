#pragma once

#include "base/parallel.h"
#include "kernels/im2col.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The largest window of a depthwise convolution.
constexpr int kMaxDepthwiseSize = 15;

/// Every channel by its own window of size x size weights, stride 1, zero padding of (size - 1) /
/// 2: `weights` is [size * size, x.width], `bias` [x.width]. `size` is odd. `out` has the shape of
/// `x` and does not overlap it. A place's result depends on what its window sees alone, to the bit.
void depthwise_convolution(ConstMatrix x, const MapShape& shape, int size, const float* weights,
                           const float* bias, Matrix out, ThreadPool& pool);

/// Squares of size x size places, side by side, one a row of `out` [batch * squares, x.width * size
/// * size], in the order channel, y, x; what fills no whole square is left out.
void merge_places(ConstMatrix x, const MapShape& shape, int size, Matrix out, ThreadPool& pool);

}  // namespace diptych::kernels
