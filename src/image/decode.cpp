#include <algorithm>
#include <initializer_list>
#include <new>
#include <string_view>

#include "base/mapped_file.h"
#include "image/decoder.h"

namespace diptych {
namespace image {
namespace {

bool has(const Source& source, std::size_t offset, std::string_view signature) {
  if (source.size() < offset + signature.size()) return false;
  const auto* begin = reinterpret_cast<const char*>(source.bytes.data()) + offset;
  return std::equal(signature.begin(), signature.end(), begin);
}

Picture decode_by_content(const Source& source) {
  using namespace std::string_view_literals;
  if (has(source, 0, "\xFF\xD8\xFF"sv)) return decode_jpeg(source);
  if (has(source, 0, "\x89PNG\r\n\x1A\n"sv)) return decode_png(source);
  if (has(source, 0, "RIFF"sv) && has(source, 8, "WEBP"sv)) return decode_webp(source);
  if (has(source, 0, "GIF87a"sv) || has(source, 0, "GIF89a"sv)) return decode_gif(source);
  if (has(source, 0, "BM"sv)) return decode_bmp(source);
  source.fail_unsupported("picture: got unknown content, expected JPEG, PNG, WebP, GIF or BMP");
}

}  // namespace

void check_size(const Source& source, std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0)
    source.fail_corrupt(
        fmt::format("picture size: got {} x {}, expected at least 1 x 1", width, height));
  if (width > kMaxSide || height > kMaxSide)
    source.fail_unsupported(
        fmt::format("picture size: got {} x {}, expected sides up to {}", width, height, kMaxSide));
  const std::uint64_t limit = source.options.max_pixels;
  if (limit != 0 && width * height > limit)
    fail(ErrorCode::out_of_memory, "picture size: got {} x {}, expected at most {} pixels ({})",
         width, height, limit, source.name);
}

Picture make_picture(const Source& source, PixelFormat format, std::uint64_t width,
                     std::uint64_t height) {
  check_size(source, width, height);
  Picture picture{format, static_cast<int>(width), static_cast<int>(height), {}};
  picture.pixels.resize(static_cast<std::size_t>(width * height) *
                        static_cast<std::size_t>(bytes_per_pixel(format)));
  return picture;
}

Picture decode_picture(const Source& source) {
  const std::string& name = source.name;
  const std::uint64_t limit = source.options.max_bytes;
  if (source.bytes.empty()) source.fail_corrupt("picture: got an empty file");
  if (limit != 0 && source.size() > limit)
    fail(ErrorCode::out_of_memory, "picture file: got {} bytes, expected at most {} ({})",
         source.size(), limit, name);
  try {
    Picture picture = decode_by_content(source);
    if (source.options.background) flatten(picture, *source.options.background);
    return picture;
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::out_of_memory, "picture: no memory to decode it ({})", name);
  }
}

}  // namespace image

Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeOptions& options) {
  return image::to_rgb(image::decode_picture({bytes, name, options}));
}

Image load_image(const std::filesystem::path& path, const DecodeOptions& options) {
  const MappedFile file(path);
  return decode_image(file.bytes(), file.name(), options);
}

}  // namespace diptych
