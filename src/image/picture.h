#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "diptych/image.h"
#include "image/resample.h"

namespace diptych::image {

using Colour = std::array<std::uint8_t, 3>;

/// R, G, B, alpha of the 256 indices that a byte can hold; opaque black where a file gives none, as
/// Pillow has it.
using Palette = std::array<std::array<std::uint8_t, 4>, 256>;
Palette black_palette();
/// Returns black at 0, white elsewhere.
Palette black_and_white_palette();

/// How a file stores its pixels, as far as it changes a resize. Opaque grey is `rgb`.
enum class PixelFormat {
  rgb,      ///< R, G, B
  indexed,  ///< index into a palette; also black and white
  rgba,     ///< R, G, B, alpha, not premultiplied
  cmyk,     ///< inks, 0 for none
  grey16,   ///< 16-bit grey in the machine's byte order
};

int bytes_per_pixel(PixelFormat format);

/// A decoded picture in the file's own format. The reference pipelines resize in that format and
/// convert to RGB last, so palettes are resized by the nearest index and colours weigh by alpha.
struct Picture {
  PixelFormat format = PixelFormat::rgb;
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;   ///< height x width x bytes_per_pixel(format)
  Palette palette = black_palette();  ///< for `indexed`
  PictureFacts facts;
};

/// Converts as Pillow's convert("RGB"): alpha is dropped, grey above 255 is white.
Image to_rgb(Picture picture);

/// Returns the part `window` of the picture resized to width x height, as Pillow resizes that
/// format.
Picture resize(const Picture& picture, std::int64_t width, std::int64_t height,
               const Window& window, Interpolation interpolation);

/// Turns an `indexed` picture whose indices are greys into `rgb`.
void expand_grey(Picture& picture);

/// Turns `grey16` into `rgb`, value / 257 rounded to the nearest; others stay as they are.
void scale_grey16(Picture& picture);

/// Returns whether it is 16-bit grey with a value above 255.
bool has_wide_grey(const Picture& picture);

/// Lays a picture with transparency on an opaque background, which makes it `rgb`; others stay as
/// they are. A channel becomes (value alpha + below (255 - alpha)) / 255 rounded to the nearest:
/// equal to Pillow's Image.alpha_composite for all 2^24 inputs.
void flatten(Picture& picture, const Colour& background);

}  // namespace diptych::image
