// Any bytes either decode as TIFF, HEIC or AVIF to a picture of the stated size or throw
// diptych::Error; and as a camera's RAW file they have a preview within themselves or none.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "diptych/error.h"
#include "formats/formats.h"
#include "image/camera_raw.h"

using diptych::image::EncodedPicture;
using diptych::image::Picture;

/// Of a picture that it refuses, dav1d 1.0 keeps forty bytes.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libdav1d";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  diptych::DecodeOptions options;
  options.max_pixels = 1 << 16;  // keeps one input within milliseconds
  const std::string name = "input";
  const EncodedPicture source{bytes, name, options};
  const bool media = size >= 12 && std::memcmp(data + 4, "ftyp", 4) == 0;
  try {
    if (const auto raw = diptych::image::read_camera_raw(source))
      if (!raw->preview.empty() &&
          (raw->preview.data() < bytes.data() ||
           raw->preview.data() + raw->preview.size() > bytes.data() + size))
        std::abort();
    const Picture picture =
        media ? diptych::formats::decode_heif(source) : diptych::formats::decode_tiff(source);
    const std::size_t pixels =
        static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
    if (pixels == 0 ||
        picture.pixels.size() != pixels * static_cast<std::size_t>(bytes_per_pixel(picture.format)))
      std::abort();
  } catch (const diptych::Error& error) {
    if (error.code() == diptych::ErrorCode::internal) std::abort();
  }
  return 0;
}
