#include <tiffio.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/formats.h"
#include "formats/tiff_layout.h"
#include "image/orientation.h"

namespace diptych::formats {
namespace {

using image::EncodedPicture;
using image::Picture;
using image::PixelFormat;

/// What libtiff allocates at once for a file whose sides are checked; a tile may stick out.
constexpr tmsize_t kMostMemory = tmsize_t{1} << 31;

/// libtiff over a file in memory. Its first error is kept, its warnings are not.
class TiffFile {
 public:
  explicit TiffFile(const EncodedPicture& source) : source_(source) {
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
        TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostMemory);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(
        options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
    tiff_ = TIFFClientOpenExt("TIFF", "r", this, read, write, seek, close, size, map, unmap,
                              options.get());
    if (tiff_ == nullptr) fail_with_message();
  }
  ~TiffFile() { TIFFClose(tiff_); }
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  TIFF* get() { return tiff_; }
  const EncodedPicture& source() const { return source_; }

  [[noreturn]] void fail_with_message() const {
    source_.fail_corrupt("TIFF: " + (message_.empty() ? "got broken data" : message_));
  }

 private:
  static TiffFile& self(thandle_t handle) { return *static_cast<TiffFile*>(handle); }

  static int keep_error(TIFF*, void* user, const char*, const char* format, va_list values) {
    auto& file = *static_cast<TiffFile*>(user);
    char text[256];
    if (file.message_.empty() && std::vsnprintf(text, sizeof text, format, values) > 0)
      file.message_ = text;
    return 1;
  }
  static tmsize_t read(thandle_t handle, void* out, tmsize_t count) {
    TiffFile& file = self(handle);
    const std::size_t left = file.source_.size() - std::min(file.position_, file.source_.size());
    const std::size_t taken = std::min(left, static_cast<std::size_t>(count));
    if (taken != 0) std::memcpy(out, file.source_.data() + file.position_, taken);
    file.position_ += taken;
    return static_cast<tmsize_t>(taken);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return 0; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    TiffFile& file = self(handle);
    if (whence == SEEK_CUR) offset += file.position_;
    if (whence == SEEK_END) offset += file.source_.size();
    return file.position_ = offset;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return self(handle).source_.size(); }
  static int map(thandle_t handle, void** base, toff_t* size) {
    const EncodedPicture& source = self(handle).source_;
    *base = const_cast<std::uint8_t*>(source.data());
    *size = source.size();
    return 1;
  }
  static void unmap(thandle_t, void*, toff_t) {}

  const EncodedPicture& source_;
  std::size_t position_ = 0;
  std::string message_;
  TIFF* tiff_ = nullptr;
};

/// The kept samples of all pixels, [height, width, channels]: of up to 8 bits as they are, of more
/// the high byte, but grey16 whole, in two bytes.
class SampleReader {
 public:
  SampleReader(TiffFile& file, const TiffLayout& layout)
      : file_(file),
        layout_(layout),
        channel_bytes_(layout.kind == TiffKind::grey16 ? 2 : 1),
        samples_(static_cast<std::size_t>(layout.width) * layout.height *
                 static_cast<std::size_t>(layout.channels) * channel_bytes_) {}

  std::vector<std::uint8_t> read() {
    TIFF* const tiff = file_.get();
    const bool tiled = TIFFIsTiled(tiff) != 0;
    std::uint32_t block_width = layout_.width;
    std::uint32_t block_height = layout_.height;
    if (tiled) {
      TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &block_width);
      TIFFGetField(tiff, TIFFTAG_TILELENGTH, &block_height);
    } else {
      TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &block_height);
      block_height = std::min(block_height, layout_.height);
    }
    image::check_size(file_.source(), block_width, block_height);
    prepare(tiled, block_width, block_height);
    const int planes = layout_.separate ? std::min(layout_.channels, layout_.samples) : 1;
    for (int plane = 0; plane < planes; ++plane)
      for (std::uint32_t y = 0; y < layout_.height; y += block_height)
        for (std::uint32_t x = 0; x < layout_.width; x += block_width) {
          read_block(tiled, x, y, static_cast<std::uint16_t>(plane));
          const std::uint32_t rows = std::min(block_height, layout_.height - y);
          for (std::uint32_t row = 0; row < rows; ++row)
            unpack(block_.data() + row * row_bytes_, x, y + row,
                   std::min(block_width, layout_.width - x), plane);
        }
    return std::move(samples_);
  }

 private:
  void prepare(bool tiled, std::uint32_t width, std::uint32_t height) {
    TIFF* const tiff = file_.get();
    const tmsize_t bytes = tiled ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
    const tmsize_t row = tiled ? TIFFTileRowSize(tiff) : TIFFScanlineSize(tiff);
    const std::uint64_t needed =
        (std::uint64_t{width} * static_cast<std::uint64_t>(layout_.samples_together()) *
             static_cast<std::uint64_t>(layout_.bits) +
         7) /
        8;
    row_bytes_ = static_cast<std::size_t>(row);
    if (bytes <= 0 || row <= 0 || row_bytes_ < needed ||
        static_cast<std::uint64_t>(bytes) < row_bytes_ * height)
      file_.source().fail_corrupt("TIFF: got strips or tiles that do not hold their pixels");
    if (bytes > kMostMemory)
      fail(ErrorCode::out_of_memory, "TIFF: got a strip or tile of {} bytes ({})", bytes,
           file_.source().name);
    block_.resize(static_cast<std::size_t>(bytes));
  }

  void read_block(bool tiled, std::uint32_t x, std::uint32_t y, std::uint16_t plane) {
    TIFF* const tiff = file_.get();
    const auto bytes = static_cast<tmsize_t>(block_.size());
    const tmsize_t got =
        tiled ? TIFFReadTile(tiff, block_.data(), x, y, 0, plane)
              : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, plane), block_.data(), bytes);
    if (got < 0) file_.fail_with_message();
  }

  void unpack(const std::uint8_t* row, std::uint32_t x, std::uint32_t y, std::uint32_t count,
              int plane) {
    const auto channels = static_cast<std::size_t>(layout_.channels);
    const auto together = static_cast<std::size_t>(layout_.samples_together());
    const std::size_t kept = layout_.separate ? 1 : std::min(channels, together);
    std::uint8_t* out =
        samples_.data() + ((static_cast<std::size_t>(y) * layout_.width + x) * channels +
                           static_cast<std::size_t>(plane)) *
                              channel_bytes_;
    for (std::size_t i = 0; i < count; ++i, out += channels * channel_bytes_)
      for (std::size_t s = 0; s < kept; ++s) put(row, i * together + s, out + s * channel_bytes_);
  }

  void put(const std::uint8_t* row, std::size_t index, std::uint8_t* out) const {
    if (layout_.bits == 16) {
      std::uint16_t value = 0;  // libtiff gives the machine's byte order
      std::memcpy(&value, row + index * 2, sizeof value);
      if (channel_bytes_ == 2)
        std::memcpy(out, &value, sizeof value);
      else
        *out = static_cast<std::uint8_t>(value >> 8);
      return;
    }
    const auto bits = static_cast<std::size_t>(layout_.bits);
    const std::size_t bit = index * bits;
    *out = static_cast<std::uint8_t>(row[bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1U));
  }

  TiffFile& file_;
  const TiffLayout& layout_;
  std::size_t channel_bytes_;
  std::vector<std::uint8_t> samples_;
  std::vector<std::uint8_t> block_;
  std::size_t row_bytes_ = 0;
};

PixelFormat format_of(TiffKind kind) {
  switch (kind) {
    case TiffKind::bilevel:
    case TiffKind::palette:
      return PixelFormat::indexed;
    case TiffKind::grey16:
      return PixelFormat::grey16;
    case TiffKind::rgba:
    case TiffKind::grey_alpha:
      return PixelFormat::rgba;
    case TiffKind::cmyk:
      return PixelFormat::cmyk;
    default:
      return PixelFormat::rgb;
  }
}

image::Palette read_palette(TiffFile& file, int bits) {
  std::uint16_t* red = nullptr;
  std::uint16_t* green = nullptr;
  std::uint16_t* blue = nullptr;
  if (TIFFGetField(file.get(), TIFFTAG_COLORMAP, &red, &green, &blue) == 0)
    file.source().fail_corrupt("TIFF: got a palette picture without a palette");
  image::Palette palette = image::black_palette();
  for (std::size_t i = 0; i < std::size_t{1} << bits; ++i)
    palette[i] = {static_cast<std::uint8_t>(red[i] >> 8), static_cast<std::uint8_t>(green[i] >> 8),
                  static_cast<std::uint8_t>(blue[i] >> 8), 255};
  return palette;
}

/// Greys of few bits over all of 0 to 255, zero as white turned round, and a channel made three.
std::vector<std::uint8_t> expand_grey(const std::vector<std::uint8_t>& samples,
                                      const TiffLayout& layout) {
  const int scale = 255 / ((1 << layout.bits) - 1);
  const std::size_t channels = layout.kind == TiffKind::grey_alpha ? 2 : 1;
  std::vector<std::uint8_t> pixels;
  pixels.reserve(samples.size() / channels * (channels + 2));
  for (std::size_t i = 0; i < samples.size(); i += channels) {
    const int value = samples[i] * scale;
    pixels.insert(pixels.end(), 3,
                  static_cast<std::uint8_t>(layout.inverted ? 255 - value : value));
    if (channels == 2) pixels.push_back(samples[i + 1]);
  }
  return pixels;
}

void divide_by_alpha(std::vector<std::uint8_t>& rgba) {
  for (std::size_t i = 0; i < rgba.size(); i += 4)
    for (std::size_t c = i; c < i + 3; ++c)
      rgba[c] = rgba[i + 3] == 0
                    ? std::uint8_t{0}
                    : static_cast<std::uint8_t>(std::min(rgba[c] * 255 / rgba[i + 3], 255));
}

Picture assemble(TiffFile& file, const TiffLayout& layout, std::vector<std::uint8_t> samples) {
  Picture picture{format_of(layout.kind), static_cast<int>(layout.width),
                  static_cast<int>(layout.height), std::move(samples)};
  if (layout.kind == TiffKind::palette) picture.palette = read_palette(file, layout.bits);
  if (layout.kind == TiffKind::bilevel) {
    picture.palette = image::black_and_white_palette();
    if (layout.inverted)
      for (std::uint8_t& index : picture.pixels) index ^= 1;
  }
  if (layout.kind == TiffKind::grey || layout.kind == TiffKind::grey_alpha)
    picture.pixels = expand_grey(picture.pixels, layout);
  if (layout.premultiplied) divide_by_alpha(picture.pixels);
  return picture;
}

/// YCbCr in all its samplings, which libtiff converts.
Picture read_converted(TiffFile& file, const TiffLayout& layout) {
  std::vector<std::uint32_t> raster(std::size_t{layout.width} * layout.height);
  if (TIFFReadRGBAImageOriented(file.get(), layout.width, layout.height, raster.data(),
                                ORIENTATION_TOPLEFT, 1) == 0)
    file.fail_with_message();
  Picture picture =
      image::make_picture(file.source(), PixelFormat::rgb, layout.width, layout.height);
  std::uint8_t* out = picture.pixels.data();
  for (const std::uint32_t pixel : raster) {
    *out++ = static_cast<std::uint8_t>(TIFFGetR(pixel));
    *out++ = static_cast<std::uint8_t>(TIFFGetG(pixel));
    *out++ = static_cast<std::uint8_t>(TIFFGetB(pixel));
  }
  return picture;
}

}  // namespace

Picture decode_tiff(const EncodedPicture& source) {
  TiffFile file(source);
  const TiffLayout layout = read_tiff_layout(source, file.get());
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  TIFFGetFieldDefaulted(file.get(), TIFFTAG_ORIENTATION, &orientation);
  Picture picture;
  if (layout.kind == TiffKind::by_libtiff) {
    // As stored: TIFFReadRGBAImageOriented would turn the picture too, but only four of eight ways.
    TIFFSetField(file.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    picture = read_converted(file, layout);
  } else {
    picture = assemble(file, layout, SampleReader(file, layout).read());
  }
  // Pillow turns these files on its own; nothing is left to be turned.
  if (orientation >= 1 && orientation <= 8) picture.facts.orientation = orientation;
  image::turn_upright(picture);
  picture.facts.orientation = 1;
  return picture;
}

}  // namespace diptych::formats
