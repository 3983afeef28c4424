#pragma once

#include "image/decoder.h"

namespace diptych::image {

/// Returns the EXIF orientation, 1 to 8, that a JPEG, PNG or WebP file states: in its EXIF data, or
/// where they say nothing in its XMP packet, which is where Pillow looks. 1 where neither says
/// anything, or nothing that can be read. For a file that its decoder took, whose framing is
/// therefore good.
int find_orientation(const EncodedPicture& source);

/// Returns the orientation of EXIF data, which are a TIFF header and its first directory; 0 for
/// none.
int exif_orientation(std::span<const std::uint8_t> exif);

/// Turns the picture as its orientation says; `facts` still says how it was stored.
void turn_upright(Picture& picture);

}  // namespace diptych::image
