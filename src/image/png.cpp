#include <png.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "image/decoder.h"

namespace diptych::image {
namespace {

/// libpng with its errors turned into a return value. libpng leaves by longjmp, so every call goes
/// through `guarded`, whose body must hold nothing with a destructor.
class PngReader {
 public:
  explicit PngReader(const EncodedPicture& source) : source_(source) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, leave,
                                  [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      fail(ErrorCode::out_of_memory, "PNG: no memory for the reader ({})", source.name);
    }
    png_set_read_fn(png_, this, read);
    // Pillow refuses a wrong checksum of what libpng would leave out with a warning.
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  png_structp png() { return png_; }
  png_infop info() { return info_; }

  /// Runs body; throws Error when libpng refuses.
  template <typename Body>
  void guarded(Body body) {
    if (run(body)) return;
    if (missing_ != 0)
      source_.fail_corrupt(
          fmt::format("PNG: got {} bytes, expected at least {} more", source_.size(), missing_));
    source_.fail_corrupt(fmt::format("PNG: {}", message_.data()));
  }

 private:
  template <typename Body>
  bool run(Body& body) {
    if (setjmp(jump_) != 0) return false;
    body();
    return true;
  }

  [[noreturn]] static void leave(png_structp png, png_const_charp message) {
    auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(reader.message_.data(), reader.message_.size(), "%s", message);
    std::longjmp(reader.jump_, 1);
  }

  static void read(png_structp png, png_bytep out, std::size_t count) {
    auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
    const std::size_t left = reader.source_.size() - reader.position_;
    if (count > left) {
      reader.missing_ = count - left;
      png_error(png, "truncated");
    }
    std::memcpy(out, reader.source_.data() + reader.position_, count);
    reader.position_ += count;
  }

  const EncodedPicture& source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::size_t position_ = 0;
  std::size_t missing_ = 0;
  std::array<char, 128> message_{};
};

/// Asks libpng for rows in one of our formats. Transparency given as one colour (tRNS of a picture
/// without palette) becomes alpha only where a background asks for it: Pillow ignores it otherwise.
PixelFormat choose_format(PngReader& reader, bool expand_transparent_colour) {
  png_structp png = reader.png();
  const int type = png_get_color_type(png, reader.info());
  const int depth = png_get_bit_depth(png, reader.info());
  const bool alpha = (type & PNG_COLOR_MASK_ALPHA) != 0;
  const bool expand =
      expand_transparent_colour && !alpha && png_get_valid(png, reader.info(), PNG_INFO_tRNS) != 0;
  const bool bilevel = type == PNG_COLOR_TYPE_GRAY && depth == 1;
  if (type == PNG_COLOR_TYPE_PALETTE || (bilevel && !expand)) {
    png_set_packing(png);
    return PixelFormat::indexed;
  }
  if (type == PNG_COLOR_TYPE_GRAY && depth == 16 && !expand) {
    if constexpr (std::endian::native == std::endian::little) png_set_swap(png);
    return PixelFormat::grey16;
  }
  if (expand) png_set_tRNS_to_alpha(png);
  if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_16(png);
  png_set_gray_to_rgb(png);
  return alpha || expand ? PixelFormat::rgba : PixelFormat::rgb;
}

Palette read_palette(PngReader& reader) {
  png_colorp colours = nullptr;
  int count = 0;
  png_bytep alphas = nullptr;
  int alpha_count = 0;
  reader.guarded([&] {
    png_get_PLTE(reader.png(), reader.info(), &colours, &count);
    png_get_tRNS(reader.png(), reader.info(), &alphas, &alpha_count, nullptr);
  });
  Palette palette = black_palette();
  for (int i = 0; i < count; ++i) {
    const std::uint8_t alpha = i < alpha_count ? alphas[i] : std::uint8_t{255};
    palette[static_cast<std::size_t>(i)] = {colours[i].red, colours[i].green, colours[i].blue,
                                            alpha};
  }
  return palette;
}

/// Reads all rows, in as many passes as the file is interlaced in. The trailing chunks are left
/// unread, as Pillow does not insist on them either.
void read_rows(PngReader& reader, Picture& picture) {
  const std::size_t stride = static_cast<std::size_t>(picture.width) *
                             static_cast<std::size_t>(bytes_per_pixel(picture.format));
  std::uint8_t* const pixels = picture.pixels.data();
  const int height = picture.height;
  reader.guarded([&] {
    const int passes = png_set_interlace_handling(reader.png());
    for (int pass = 0; pass < passes; ++pass)
      for (int y = 0; y < height; ++y)
        png_read_row(reader.png(), pixels + static_cast<std::size_t>(y) * stride, nullptr);
  });
}

}  // namespace

Picture decode_png(const EncodedPicture& source) {
  PngReader reader(source);
  reader.guarded([&] { png_read_info(reader.png(), reader.info()); });
  PixelFormat format = PixelFormat::rgb;
  const bool expand = source.options.background.has_value();
  reader.guarded([&] { format = choose_format(reader, expand); });
  Picture picture = make_picture(source, format, png_get_image_width(reader.png(), reader.info()),
                                 png_get_image_height(reader.png(), reader.info()));
  if (format == PixelFormat::indexed) {
    const bool bilevel = png_get_color_type(reader.png(), reader.info()) == PNG_COLOR_TYPE_GRAY;
    picture.palette = bilevel ? black_and_white_palette() : read_palette(reader);
  }
  read_rows(reader, picture);
  return picture;
}

}  // namespace diptych::image
