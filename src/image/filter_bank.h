#pragma once

#include <cstdint>
#include <vector>

#include "diptych/image.h"

namespace diptych::image {

/// Fixed-point weights have this many fractional bits, as Pillow's (Resample.c): 8 bits of pixel
/// and two of overshoot leave 22 of 32.
constexpr int kWeightBits = 32 - 8 - 2;

/// The weights of one axis of a resize as real numbers: output i is the sum over t < count[i] of
/// weights[i][t] x input[first[i] + t].
struct RealFilterBank {
  std::vector<int> first;
  std::vector<std::vector<double>> weights;  ///< [outputs][inputs that the output reads]
};

/// Returns the bank for outputs [begin, begin + count) of an axis resized from `inputs` to
/// `outputs`.
RealFilterBank real_filter_bank(int inputs, std::int64_t outputs, std::int64_t begin, int count,
                                Interpolation interpolation);

/// The same in fixed point, for 8-bit pixels.
struct FilterBank {
  int taps = 0;                       ///< weights kept for each output, zeros at the end
  std::vector<int> first;             ///< first input of each output
  std::vector<int> count;             ///< inputs that each output reads, at most `taps`
  std::vector<std::int32_t> weights;  ///< [outputs, taps], in units of 2^-kWeightBits

  const std::int32_t* row(std::size_t output) const {
    return weights.data() + output * static_cast<std::size_t>(taps);
  }
};

FilterBank fixed_point(const RealFilterBank& bank);
FilterBank filter_bank(int inputs, std::int64_t outputs, std::int64_t begin, int count,
                       Interpolation interpolation);

}  // namespace diptych::image
