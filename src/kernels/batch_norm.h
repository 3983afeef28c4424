#pragma once

#include <cstddef>
#include <cstdint>

namespace diptych::kernels {

// Batch normalisation (arXiv 1502.03167) over rows of channels, one row after the other, as
// training needs it. Values are float or, as bits, bfloat16; what a channel has one of is float,
// sums are double. Every function works on `rows` rows of `channels` values, so that callers may
// share the rows out among threads: sums of the same parts, added in the same order, have the same
// bits.

/// Adds to moments[c] the sum of x - shift[c], and to moments[channels + c] that of its square. A
/// shift near the mean keeps the digits of the variance.
template <typename Value>
void add_moments(const Value* x, std::size_t rows, std::size_t channels, const float* shift,
                 double* moments);

/// Adds to sums[c] the sum of the gradient, and to sums[channels + c] that of its product with x -
/// mean[c].
template <typename Value>
void add_gradient_sums(const Value* gradient, const Value* x, std::size_t rows,
                       std::size_t channels, const float* mean, double* sums);

/// Computes out = (x - mean[c]) * scale[c] + shift[c], rounded to nearest. `out` may be `x`.
template <typename Value>
void normalise_channels(const Value* x, std::size_t rows, std::size_t channels, const float* mean,
                        const float* scale, const float* shift, Value* out);

/// Computes out = gradient * scale[c] + (x - mean[c]) * slope[c] + shift[c], rounded to nearest:
/// the gradient of what was normalised. `out` may be `gradient`.
template <typename Value>
void normalisation_gradient(const Value* gradient, const Value* x, std::size_t rows,
                            std::size_t channels, const float* mean, const float* scale,
                            const float* slope, const float* shift, Value* out);

/// A bfloat16's bits.
using Bf16Bits = std::uint16_t;

}  // namespace diptych::kernels
