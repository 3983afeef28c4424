#pragma once

namespace diptych {

/// How a training picture is varied, in the order below. A probability of zero turns a step off;
/// only the crop is on by default, with open_clip's ranges.
struct AugmentOptions {
  /// Random resized crop: part of the picture's area that is kept, and its width over its height.
  double crop_scale_min = 0.9;
  double crop_scale_max = 1.0;
  double crop_ratio_min = 3.0 / 4.0;
  double crop_ratio_max = 4.0 / 3.0;
  /// How often the picture is placed smaller, anywhere on a canvas of its border's colour, and its
  /// smallest side there as a part of the canvas.
  double zoom_out_probability = 0.0;
  double zoom_out_scale_min = 0.5;
  double flip_probability = 0.0;  ///< left and right swapped
  /// How often the picture is turned and sheared, and by how much at most, in degrees.
  double rotate_probability = 0.0;
  double rotate_degrees = 0.0;
  double shear_degrees = 0.0;
  /// How often brightness, contrast and saturation are multiplied by 1 - x to 1 + x and hue (in
  /// turns, at most 0.5) is shifted by -x to x, in random order, as torchvision's ColorJitter.
  double jitter_probability = 0.0;
  double brightness = 0.0;
  double contrast = 0.0;
  double saturation = 0.0;
  double hue = 0.0;
  double grey_probability = 0.0;
  double blur_probability = 0.0;       ///< Gaussian, deviation 0.1 to 1.5 pixels of the result
  double posterise_probability = 0.0;  ///< to 2 to 4 bits a channel
  double solarise_probability = 0.0;   ///< channels above a random level inverted
  double sharpen_probability = 0.0;
  double erase_probability =
      0.0;  ///< one rectangle of 2 % to 33 % of the area made one random colour
};

}  // namespace diptych
