#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "diptych/image.h"
#include "image/picture.h"

namespace diptych::image {

/// One encoded picture and what the caller asked for.
struct EncodedPicture {
  std::span<const std::byte> bytes;
  const std::string& name;
  const DecodeOptions& options;

  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
  std::size_t size() const { return bytes.size(); }
  [[noreturn]] void fail_corrupt(const std::string& what) const {
    fail(ErrorCode::corrupt_data, "{} ({})", what, name);
  }
  [[noreturn]] void fail_unsupported(const std::string& what) const {
    fail(ErrorCode::unsupported, "{} ({})", what, name);
  }
};

/// Longest side in pixels; no camera or scanner comes near, and it bounds what a header can ask
/// for.
constexpr std::uint64_t kMaxSide = 1'000'000;

/// Throws Error, before any memory is taken, for a size that a header states: corrupt_data for a
/// side of zero, unsupported above kMaxSide, out_of_memory above options.max_pixels.
void check_size(const EncodedPicture& source, std::uint64_t width, std::uint64_t height);

/// Returns an all-zero picture of a size that passes check_size.
Picture make_picture(const EncodedPicture& source, PixelFormat format, std::uint64_t width,
                     std::uint64_t height);

/// Each decodes a format; the content has been seen to start as the format does.
Picture decode_jpeg(const EncodedPicture& source);
Picture decode_png(const EncodedPicture& source);
Picture decode_webp(const EncodedPicture& source);
Picture decode_gif(const EncodedPicture& source);
Picture decode_bmp(const EncodedPicture& source);
/// Each decodes a format by a module, which is loaded for the first such picture. Throws
/// Error(unsupported) where there is none.
Picture decode_tiff(const EncodedPicture& source);
Picture decode_heif(const EncodedPicture& source);

/// Returns the one that fits the content, and the background of options laid under it.
Picture decode_picture(const EncodedPicture& source);

}  // namespace diptych::image
