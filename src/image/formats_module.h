#pragma once

#include "image/decoder.h"

namespace diptych::image {

/// What the module libdiptych-formats.so offers to decode_tiff and decode_heif, which load it. Only
/// a program that meets such a picture loads libtiff and libheif with all that they stand on.
struct FormatsFunctions {
  // Each throws as decode_image does.
  Picture (*decode_tiff)(const EncodedPicture& source);
  Picture (*decode_heif)(const EncodedPicture& source);
};

}  // namespace diptych::image
