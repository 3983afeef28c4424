#pragma once

#include <cstddef>

#include "kernels/element.h"

namespace diptych::kernels {

/// Rows of channels that lie one after the other, as fp32 or bf16.
struct ChannelRows {
  const void* values = nullptr;
  Element element = Element::fp32;  ///< not int8
  std::size_t rows = 0;
  std::size_t channels = 0;
};

// Batch normalisation (arXiv 1502.03167) as training needs it. What a channel has one of is float,
// sums are double. Every function works on the rows that it is given, so that callers may share
// them out among threads: sums of the same parts, added in the same order, have the same bits.

/// Adds to moments[c] the sum of x - shift[c], and to moments[channels + c] that of its square. A
/// shift near the mean keeps the digits of the variance.
void add_moments(const ChannelRows& x, const float* shift, double* moments);

/// Adds to sums[c] the sum of the gradient, and to sums[channels + c] that of its product with x -
/// mean[c]. Both are of one shape and element.
void add_gradient_sums(const ChannelRows& gradient, const ChannelRows& x, const float* mean,
                       double* sums);

/// Computes out = (x - mean[c]) * scale[c] + shift[c], rounded to nearest, as x's element. `out`
/// may be x's values.
void normalise_channels(const ChannelRows& x, const float* mean, const float* scale,
                        const float* shift, void* out);

/// Computes out = gradient * scale[c] + (x - mean[c]) * slope[c] + shift[c], rounded to nearest,
/// as their element: the gradient of what was normalised. `out` may be the gradient's values.
void normalisation_gradient(const ChannelRows& gradient, const ChannelRows& x, const float* mean,
                            const float* scale, const float* slope, const float* shift, void* out);

}  // namespace diptych::kernels
