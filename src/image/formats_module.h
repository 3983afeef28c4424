#pragma once

#include "image/decoder.h"

// What the module libdiptych-formats.so offers to decode_tiff and decode_heif, which load it. Only
// a program that meets such a picture loads libtiff and libheif with all that they stand on.
extern "C" {

/// version() of the diptych that the module is part of; it must be the caller's own.
const char* diptych_formats_version();

/// Each decodes `source` into `picture`. Throws as decode_image does.
void diptych_decode_tiff(const diptych::image::Source& source, diptych::image::Picture& picture);
void diptych_decode_heif(const diptych::image::Source& source, diptych::image::Picture& picture);
}
