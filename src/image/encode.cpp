#include "image/encode.h"

#include <png.h>
#include <webp/encode.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

// jpeglib.h needs <cstdio>.
#include <jpeglib.h>

#include "base/error.h"

namespace diptych::image {

namespace {

using CBytes = std::unique_ptr<unsigned char, decltype(&std::free)>;

/// libjpeg leaves by longjmp: nothing with a destructor lives in here.
bool write_jpeg(const Image& image, int quality, unsigned char** bytes, unsigned long* size) {
  struct Manager {
    jpeg_error_mgr errors;
    std::jmp_buf jump;
  } manager;
  jpeg_compress_struct info;
  info.err = jpeg_std_error(&manager.errors);
  info.client_data = &manager;
  manager.errors.error_exit = [](j_common_ptr common) {
    std::longjmp(static_cast<Manager*>(common->client_data)->jump, 1);
  };
  manager.errors.emit_message = [](j_common_ptr, int) {};
  if (setjmp(manager.jump) != 0) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, bytes, size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(image.rgb.data()) +
                std::size_t{info.next_scanline} * info.image_width * 3;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

std::string encode_jpeg(const Image& image, int quality) {
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const bool is_done = write_jpeg(image, quality, &bytes, &size);
  const CBytes owner(bytes, &std::free);
  if (!is_done) fail(ErrorCode::internal, "libjpeg: cannot encode a picture");
  return {reinterpret_cast<const char*>(bytes), size};
}

/// libpng leaves by longjmp too.
bool write_png(png_structp png, png_infop info, const Image& image, int compression,
               std::string* out) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  const auto append = [](png_structp self, png_bytep bytes, png_size_t size) {
    static_cast<std::string*>(png_get_io_ptr(self))
        ->append(reinterpret_cast<const char*>(bytes), size);
  };
  png_set_write_fn(png, out, append, nullptr);
  png_set_compression_level(png, compression);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < image.height; ++y) {
    png_write_row(png, image.rgb.data() +
                           static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) * 3);
  }
  png_write_end(png, info);
  return true;
}

std::string encode_png(const Image& image, int compression) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  std::string out;
  const bool is_done = info != nullptr && write_png(png, info, image, compression, &out);
  png_destroy_write_struct(&png, &info);
  if (!is_done) fail(ErrorCode::internal, "libpng: cannot encode a picture");
  return out;
}

std::string encode_webp(const Image& image, int quality) {
  if (image.width > WEBP_MAX_DIMENSION || image.height > WEBP_MAX_DIMENSION) {
    fail(ErrorCode::invalid_argument, "WebP: got {} x {} pixels, expected sides up to {}",
         image.width, image.height, WEBP_MAX_DIMENSION);
  }
  std::uint8_t* bytes = nullptr;
  const std::size_t size = WebPEncodeRGB(image.rgb.data(), image.width, image.height,
                                         image.width * 3, static_cast<float>(quality), &bytes);
  const std::unique_ptr<std::uint8_t, decltype(&WebPFree)> owner(bytes, &WebPFree);
  if (size == 0) fail(ErrorCode::internal, "libwebp: cannot encode a picture");
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string encode(const Image& image, PictureFormat format, int quality) {
  switch (format) {
    case PictureFormat::png:
      return encode_png(image, quality);
    case PictureFormat::webp:
      return encode_webp(image, quality);
    case PictureFormat::jpg:
      break;
  }
  return encode_jpeg(image, quality);
}

}  // namespace diptych::image
