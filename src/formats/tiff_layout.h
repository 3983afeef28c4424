#pragma once

#include <tiffio.h>

#include <cstdint>
#include <vector>

#include "image/decoder.h"

namespace diptych::formats {

/// What becomes of a TIFF file's samples.
enum class TiffKind {
  bilevel,  ///< 1 bit
  grey,     ///< 2, 4 or 8 bits
  grey_alpha,
  grey16,
  palette,
  rgb,
  rgba,
  cmyk,
  by_libtiff,  ///< libtiff's own conversion to RGB: YCbCr that is no JPEG
};

/// How a TIFF file stores its pixels.
struct TiffLayout {
  TiffKind kind = TiffKind::grey;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int bits = 8;           ///< of a sample: 1, 2, 4, 8 or 16
  int samples = 1;        ///< of a pixel, in the file
  int channels = 1;       ///< the first so many of them, which are kept
  bool separate = false;  ///< each sample has a plane of its own
  bool inverted = false;  ///< grey: zero is white
  bool premultiplied = false;

  /// Counts the samples that lie together in a row of a strip or tile.
  int samples_together() const { return separate ? 1 : samples; }
};

/// Reads the tags and decides as Pillow does by photometric interpretation, bits and extra samples.
/// Throws Error, before memory is taken for pixels: as check_size, and unsupported for what Pillow
/// does not read or has no 8-bit form for. Sets up libtiff to give RGB where it decodes JPEG.
TiffLayout read_tiff_layout(const image::EncodedPicture& source, TIFF* tiff);

}  // namespace diptych::formats
