#pragma once

#include "diptych/image.h"

namespace diptych::image {

/// Each works in place. "Grey" is ITU-R 601 luma, (299 R + 587 G + 114 B) / 1000.

/// Multiplies every channel by `factor`.
void adjust_brightness(Image& image, double factor);
/// Multiplies the distance from the picture's mean grey by `factor`.
void adjust_contrast(Image& image, double factor);
/// Multiplies the distance of each pixel from its own grey by `factor`.
void adjust_saturation(Image& image, double factor);
/// Turns the hue of the HSV cone by `turns`, a full turn being 1.
void adjust_hue(Image& image, double turns);

void make_grey(Image& image);
/// Keeps the top `bits` of each channel, 1 to 8.
void posterise(Image& image, int bits);
/// Inverts the channels that are at least `threshold`.
void solarise(Image& image, int threshold);

}  // namespace diptych::image
