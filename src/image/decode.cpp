#include <new>
#include <string_view>

#include "base/mapped_file.h"
#include "image/camera_raw.h"
#include "image/content.h"
#include "image/decoder.h"
#include "image/orientation.h"
#include "image/several_pictures.h"

namespace diptych {
namespace image {
namespace {

using namespace std::string_view_literals;

Picture decode_by_content(const EncodedPicture& source) {
  if (starts_at(source, 0, "\xFF\xD8\xFF"sv)) return decode_jpeg(source);
  if (starts_at(source, 0, "\x89PNG\r\n\x1A\n"sv)) return decode_png(source);
  if (starts_at(source, 0, "RIFF"sv) && starts_at(source, 8, "WEBP"sv)) return decode_webp(source);
  if (starts_at(source, 0, "GIF87a"sv) || starts_at(source, 0, "GIF89a"sv))
    return decode_gif(source);
  if (starts_at(source, 0, "BM"sv)) return decode_bmp(source);
  if (starts_at(source, 4, "ftyp"sv)) {
    check_media_file(source);
    return decode_heif(source);
  }
  for (const std::string_view start : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (starts_at(source, 0, start)) return decode_tiff(source);
  refuse_content(source);
}

/// The JPEG within a RAW file, turned as itself or else the file says.
Picture decode_preview(const EncodedPicture& source, const CameraRaw& raw) {
  if (raw.preview.empty())
    source.fail_unsupported("camera RAW: got no JPEG preview in it, expected one");
  const EncodedPicture preview{raw.preview, source.name, source.options};
  Picture picture = decode_jpeg(preview);
  picture.facts.orientation = find_orientation(preview);
  if (picture.facts.orientation == 1 && raw.orientation != 0)
    picture.facts.orientation = raw.orientation;
  picture.facts.preview = true;
  return picture;
}

Picture decode_with_facts(const EncodedPicture& source) {
  if (const auto raw = read_camera_raw(source)) return decode_preview(source, *raw);
  Picture picture = decode_by_content(source);
  picture.facts.orientation = find_orientation(source);
  picture.facts.first_of_several = has_several_pictures(source);
  return picture;
}

}  // namespace

void check_size(const EncodedPicture& source, std::uint64_t width, std::uint64_t height) {
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

Picture make_picture(const EncodedPicture& source, PixelFormat format, std::uint64_t width,
                     std::uint64_t height) {
  check_size(source, width, height);
  Picture picture{format, static_cast<int>(width), static_cast<int>(height), {}};
  picture.pixels.resize(static_cast<std::size_t>(width * height) *
                        static_cast<std::size_t>(bytes_per_pixel(format)));
  return picture;
}

Picture decode_picture(const EncodedPicture& source) {
  const std::string& name = source.name;
  const std::uint64_t limit = source.options.max_bytes;
  if (source.bytes.empty()) source.fail_corrupt("picture: got an empty file");
  if (limit != 0 && source.size() > limit)
    fail(ErrorCode::out_of_memory, "picture file: got {} bytes, expected at most {} ({})",
         source.size(), limit, name);
  try {
    Picture picture = decode_with_facts(source);
    picture.facts.wide_grey = has_wide_grey(picture);
    if (source.options.upright) turn_upright(picture);
    if (source.options.wide == WideGrey::scale) scale_grey16(picture);
    if (source.options.background) flatten(picture, *source.options.background);
    return picture;
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::out_of_memory, "picture: no memory to decode it ({})", name);
  }
}

}  // namespace image

void PictureCounts::add(const PictureFacts& facts) {
  turned += facts.orientation != 1 ? 1 : 0;
  wide_grey += facts.wide_grey ? 1 : 0;
  previews += facts.preview ? 1 : 0;
  first_of_several += facts.first_of_several ? 1 : 0;
  damaged += facts.damaged ? 1 : 0;
}

void PictureCounts::add(const PictureCounts& counts) {
  turned += counts.turned;
  wide_grey += counts.wide_grey;
  previews += counts.previews;
  first_of_several += counts.first_of_several;
  damaged += counts.damaged;
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeOptions& options) {
  return image::to_rgb(image::decode_picture({bytes, name, options}));
}

Image load_image(const std::filesystem::path& path, const DecodeOptions& options) {
  const MappedFile file(path);
  return decode_image(file.bytes(), file.name(), options);
}

}  // namespace diptych
