#pragma once

#include <array>
#include <cstdint>

#include "diptych/image.h"

namespace diptych::image {

/// Mirrors left and right, in place.
void flip(Image& image);

/// Blurs by a Gaussian of standard deviation `sigma` in pixels, cut at three sigma; at the borders
/// the weights of the pixels that exist are scaled to a sum of one.
Image blur(const Image& image, double sigma);

/// Multiplies the distance from the picture smoothed by (1 1 1, 1 5 1, 1 1 1) / 13 by `factor`; the
/// outermost pixels stay. As Pillow's ImageEnhance.Sharpness.
Image sharpen(const Image& image, double factor);

/// An affine map of output to input positions about the centre:
/// (x, y) -> (xx x + xy y, yx x + yy y).
struct Warp {
  double xx = 1.0;
  double xy = 0.0;
  double yx = 0.0;
  double yy = 1.0;
};

/// Returns the map that turns the picture by `rotation` degrees (anticlockwise) and leans its
/// columns by `shear` degrees.
Warp rotation_and_shear(double rotation, double shear);

/// Returns the picture under `map`, the same size; positions outside it become `fill`.
Image warp(const Image& image, const Warp& map, Interpolation interpolation,
           const std::array<std::uint8_t, 3>& fill);

}  // namespace diptych::image
