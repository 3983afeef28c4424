#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "diptych/image.h"
#include "image/filter_bank.h"

namespace diptych::image {

/// Pixels that someone else owns: rows of width x channels bytes, `stride` bytes apart.
struct PixelView {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  int channels = 3;
  std::size_t stride = 0;
};

PixelView view(const Image& image);
/// Returns the rectangle of `image` from (left, top).
PixelView view(const Image& image, int left, int top, int width, int height);

/// A rectangle of output pixels.
struct Window {
  std::int64_t left = 0;
  std::int64_t top = 0;
  int width = 0;
  int height = 0;
};

/// Each of these gives the pixels inside `window` of `source` resized to width x height, row by row
/// without padding, exactly as Pillow 13's Image.resize. Pixels outside the window are never
/// computed. The window lies within width x height. Thread-safe.

/// Returns a convolution whose support widens when shrinking, along rows and along columns, each
/// pass rounded to 8 bits. 3 or 4 channels.
std::vector<std::uint8_t> resample(const PixelView& source, std::int64_t width, std::int64_t height,
                                   const Window& window, Interpolation interpolation);

/// Does the same for one channel of 16 bits in the machine's byte order (`channels` is 2).
std::vector<std::uint8_t> resample_grey16(const PixelView& source, std::int64_t width,
                                          std::int64_t height, const Window& window,
                                          Interpolation interpolation);

/// Returns the nearest pixel; for what cannot be mixed, as palette indices. Any number of channels.
std::vector<std::uint8_t> resample_nearest(const PixelView& source, std::int64_t width,
                                           std::int64_t height, const Window& window);

/// Returns a picture filtered along rows and along columns by two banks whose inputs are its sides.
std::vector<std::uint8_t> filter(const PixelView& source, const FilterBank& across,
                                 const FilterBank& down);

/// Returns whether Pillow 13 runs the pass along columns first: when the height shrinks by more
/// than twice the pixels that the width does. Earlier versions never do, and differ in the last
/// bit.
constexpr bool columns_first(const PixelView& source, std::int64_t width, std::int64_t height) {
  const std::int64_t shrink = source.height - height;
  return shrink > 0 && shrink > (source.width - width) * 2;
}

/// Each throws Error(invalid_argument) for a picture without pixels or with too few or too many
/// bytes, and for a size or fill out of range.
void check(const Image& image);
void check(const Preprocessing& preprocessing);

}  // namespace diptych::image
