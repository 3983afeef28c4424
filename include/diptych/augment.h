#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "diptych/image.h"

namespace diptych {

/// What a picture goes through in training, in this order. The defaults are open_clip's: a random
/// resized crop and nothing else. A probability of zero switches its step off.
struct AugmentOptions {
  /// Random resized crop: share of the picture's area and width over height of the crop.
  double min_scale = 0.9;
  double max_scale = 1.0;
  double min_ratio = 3.0 / 4.0;
  double max_ratio = 4.0 / 3.0;

  /// Zoom out: the crop takes a square of `min_zoom` to 1 of the side, anywhere on a canvas.
  double zoom_out_probability = 0.0;
  double min_zoom = 0.5;

  /// Mirror left and right.
  double flip_probability = 0.0;

  /// Rotation and horizontal shear about the centre, each uniform in plus or minus so many degrees;
  /// zero for none.
  double rotation = 0.0;
  double shear = 0.0;
  Interpolation warp_interpolation = Interpolation::bilinear;

  /// Colour jitter as torchvision's ColorJitter: factors uniform in [max(0, 1 - x), 1 + x], the hue
  /// shifted by up to plus or minus `hue` turns (0 to 0.5), in random order.
  double jitter_probability = 0.0;
  double brightness = 0.0;
  double contrast = 0.0;
  double saturation = 0.0;
  double hue = 0.0;

  double grey_probability = 0.0;

  /// Gaussian blur of a standard deviation between these, in pixels of the result.
  double blur_probability = 0.0;
  double min_blur = 0.1;
  double max_blur = 2.0;

  /// Keeps the top bits of each channel, 1 to 8.
  double posterise_probability = 0.0;
  int posterise_bits = 4;

  /// Inverts channels from this value up, 0 to 256.
  double solarise_probability = 0.0;
  int solarise_threshold = 128;

  /// Distance from the smoothed picture times this: 1 changes nothing, 2 sharpens.
  double sharpen_probability = 0.0;
  double sharpen_factor = 2.0;

  /// Random erasing: share of the area and width over height of the rectangle.
  double erase_probability = 0.0;
  double min_erase_scale = 0.02;
  double max_erase_scale = 0.33;
  double min_erase_ratio = 0.3;
  double max_erase_ratio = 3.3;

  /// R, G, B of the canvas, of what a warp uncovers and of what is erased. Default: none, a colour
  /// drawn anew each time.
  std::optional<std::array<std::uint8_t, 3>> fill;
};

}  // namespace diptych
