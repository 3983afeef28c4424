#include "base/module.h"
#include "image/formats_module.h"

namespace diptych::image {
namespace {

constexpr ModuleFile kFormats = {
    .name = "libdiptych-formats.so",
    .variable = "DIPTYCH_PICTURE_FORMATS",
    .command = "TIFF, HEIC and AVIF pictures",
    .remedy = "Build it with libtiff and libheif (tools/setup, DIPTYCH_FORMATS=ON)"};

const Module<FormatsFunctions>& module_for(const EncodedPicture& source) {
  try {
    static const Module<FormatsFunctions> formats(kFormats);
    return formats;
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), source.name);
  }
}

}  // namespace

Picture decode_tiff(const EncodedPicture& source) {
  return module_for(source)->decode_tiff(source);
}

Picture decode_heif(const EncodedPicture& source) {
  return module_for(source)->decode_heif(source);
}

}  // namespace diptych::image
