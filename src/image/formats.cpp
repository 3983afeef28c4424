#include "base/module.h"
#include "image/formats_module.h"

namespace diptych::image {
namespace {

constexpr ModuleFile kFormats = {
    .name = "libdiptych-formats.so",
    .variable = "DIPTYCH_PICTURE_FORMATS",
    .command = "TIFF, HEIC and AVIF pictures",
    .remedy = "build it with libtiff and libheif (tools/setup, DIPTYCH_FORMATS=ON)",
    .version = "diptych_formats_version"};

using Decode = void(const Source&, Picture&);

Picture decode(const Source& source, const char* function) {
  Decode* decode = nullptr;
  try {
    static const Module formats(kFormats);
    decode = formats.function<Decode>(function);
  } catch (const Error& error) {
    fail(error.code(), "{} ({})", error.what(), source.name);
  }
  Picture picture;
  decode(source, picture);
  return picture;
}

}  // namespace

Picture decode_tiff(const Source& source) {
  return decode(source, "diptych_decode_tiff");
}

Picture decode_heif(const Source& source) {
  return decode(source, "diptych_decode_heif");
}

}  // namespace diptych::image
