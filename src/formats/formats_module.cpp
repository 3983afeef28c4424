#include "image/formats_module.h"

#include "diptych/version.h"
#include "formats/formats.h"

const char* diptych_formats_version() {
  return diptych::version().data();
}

void diptych_decode_tiff(const diptych::image::Source& source, diptych::image::Picture& picture) {
  picture = diptych::formats::decode_tiff(source);
}

void diptych_decode_heif(const diptych::image::Source& source, diptych::image::Picture& picture) {
  picture = diptych::formats::decode_heif(source);
}
