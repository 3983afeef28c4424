#pragma once

#include "image/decoder.h"

namespace diptych::image {

/// Returns whether a GIF, PNG, WebP or TIFF file holds further pictures after its first: frames, or
/// pages that are no smaller copies of one. What lies outside the data is absent; nothing throws.
bool has_several_pictures(const EncodedPicture& source);

}  // namespace diptych::image
