#pragma once

#include <string>

#include "diptych/download.h"
#include "diptych/image.h"

namespace diptych::image {

/// Returns a picture as a file of some format. `quality` as in PictureForm. Throws Error: internal
/// where the encoder fails, invalid_argument for a side that the format cannot hold. Thread-safe.
std::string encode(const Image& image, PictureFormat format, int quality);

}  // namespace diptych::image
