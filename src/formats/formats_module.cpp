#include "image/formats_module.h"

#include "base/module.h"
#include "formats/formats.h"

namespace {

constexpr diptych::image::FormatsFunctions kFunctions = {
    .decode_tiff = &diptych::formats::decode_tiff, .decode_heif = &diptych::formats::decode_heif};

}  // namespace

DIPTYCH_EXPORT_MODULE(kFunctions);
