#pragma once

#include "diptych/download.h"
#include "diptych/image.h"

namespace diptych::image {

/// Returns a picture resized to width x height, at least 1 each. Rows and columns are filtered one
/// after the other, each pass rounded to 8 bits. Thread-safe.
Image scale(const Image& image, int width, int height, ScaleFilter filter);

}  // namespace diptych::image
