// Any bytes either decode to a picture of the stated size or throw diptych::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "diptych/error.h"
#include "diptych/image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  diptych::DecodeOptions options;
  options.max_pixels = 1 << 18;  // keeps one input within milliseconds
  const bool background = size % 2 == 1;
  if (background) options.background = {10, 200, 30};
  options.upright = size % 3 == 0;
  if (size % 5 == 0) options.wide = diptych::WideGrey::scale;
  diptych::Preprocessing preprocessing;
  preprocessing.size = 32;
  preprocessing.mode = static_cast<diptych::ResizeMode>(size % 3);
  try {
    const diptych::Image image = diptych::decode_image(bytes, "input", options);
    const std::size_t pixels =
        static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    if (pixels == 0 || image.rgb.size() != pixels * 3) std::abort();
    if (diptych::preprocess_image(bytes, "input", preprocessing, options).rgb.size() != 32 * 32 * 3)
      std::abort();
  } catch (const diptych::Error& error) {
    if (error.code() == diptych::ErrorCode::internal) std::abort();
  }
  return 0;
}
