#pragma once

#include "image/decoder.h"

namespace diptych::formats {

/// Returns the first page of a TIFF file as Pillow reads it, which includes the turn by its
/// Orientation tag. Refused: samples of 32 bits, signed ones and floating point, and CIE Lab.
image::Picture decode_tiff(const image::EncodedPicture& source);

/// Returns the primary picture of a HEIC or AVIF file, turned as the file says, 8 bits a channel.
image::Picture decode_heif(const image::EncodedPicture& source);

}  // namespace diptych::formats
