#include <libheif/heif.h>

#include <cstring>
#include <memory>

#include "formats/formats.h"

namespace diptych::formats {
namespace {

using image::EncodedPicture;
using image::Picture;
using image::PixelFormat;

using Context = std::unique_ptr<heif_context, decltype(&heif_context_free)>;
using Handle = std::unique_ptr<heif_image_handle, decltype(&heif_image_handle_release)>;
using Decoded = std::unique_ptr<heif_image, decltype(&heif_image_release)>;

void check(const EncodedPicture& source, const heif_error& error) {
  if (error.code == heif_error_Ok) return;
  std::string text = fmt::format("HEIC or AVIF: {}", error.message);
  while (text.ends_with('\n')) text.pop_back();
  switch (error.code) {
    case heif_error_Unsupported_feature:
    case heif_error_Unsupported_filetype:
      source.fail_unsupported(text);
    case heif_error_Memory_allocation_error:
      fail(ErrorCode::out_of_memory, "{} ({})", text, source.name);
    default:
      source.fail_corrupt(text);
  }
}

Handle primary_picture(const EncodedPicture& source, heif_context* context) {
  heif_image_handle* handle = nullptr;
  check(source, heif_context_get_primary_image_handle(context, &handle));
  return {handle, heif_image_handle_release};
}

/// libheif applies the turns, mirrors and crops that the file states, and makes 8 bits of more.
Decoded decode(const EncodedPicture& source, const heif_image_handle* handle, bool alpha) {
  heif_image* decoded = nullptr;
  check(source, heif_decode_image(
                    handle, &decoded, heif_colorspace_RGB,
                    alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, nullptr));
  return {decoded, heif_image_release};
}

}  // namespace

Picture decode_heif(const EncodedPicture& source) {
  const Context context(heif_context_alloc(), heif_context_free);
  if (context == nullptr)
    fail(ErrorCode::out_of_memory, "HEIC or AVIF: no memory ({})", source.name);
  check(source, heif_context_read_from_memory_without_copy(context.get(), source.bytes.data(),
                                                           source.size(), nullptr));
  const Handle handle = primary_picture(source, context.get());
  const auto side = [](int pixels) { return static_cast<std::uint64_t>(pixels < 0 ? 0 : pixels); };
  image::check_size(source, side(heif_image_handle_get_width(handle.get())),
                    side(heif_image_handle_get_height(handle.get())));
  const bool alpha = heif_image_handle_has_alpha_channel(handle.get()) != 0;
  const Decoded decoded = decode(source, handle.get(), alpha);

  Picture picture =
      image::make_picture(source, alpha ? PixelFormat::rgba : PixelFormat::rgb,
                          side(heif_image_get_width(decoded.get(), heif_channel_interleaved)),
                          side(heif_image_get_height(decoded.get(), heif_channel_interleaved)));
  int stride = 0;
  const std::uint8_t* rows =
      heif_image_get_plane_readonly(decoded.get(), heif_channel_interleaved, &stride);
  const std::size_t bytes = static_cast<std::size_t>(picture.width) *
                            static_cast<std::size_t>(bytes_per_pixel(picture.format));
  if (rows == nullptr || stride < 0 || static_cast<std::size_t>(stride) < bytes)
    source.fail_corrupt("HEIC or AVIF: got no pixels");
  for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y)
    std::memcpy(picture.pixels.data() + y * bytes, rows + y * static_cast<std::size_t>(stride),
                bytes);
  return picture;
}

}  // namespace diptych::formats
