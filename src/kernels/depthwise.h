#pragma once

#include "base/parallel.h"
#include "kernels/im2col.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The largest window of a depthwise convolution.
constexpr int kMaxDepthwiseSize = 15;

/// The largest step of its window.
constexpr int kMaxDepthwiseStride = 2;

/// Multiplies every channel by its own window of weights: `weights` is [size * size, x.width],
/// `bias` [x.width]. The window's size is odd. `out` has window.output(shape).rows() rows and does
/// not overlap `x`. A place's result depends on what its window sees alone, to the bit.
void depthwise_convolution(ConstMatrixView x, const MapShape& shape, const SlidingWindow& window,
                           const float* weights, const float* bias, MatrixView out,
                           ThreadPool& pool);

/// Squares of size x size places, side by side, one a row of `out` [batch * squares, x.width * size
/// * size], in the order channel, y, x; what fills no whole square is left out.
void merge_places(ConstMatrixView x, const MapShape& shape, int size, MatrixView out,
                  ThreadPool& pool);

}  // namespace diptych::kernels
