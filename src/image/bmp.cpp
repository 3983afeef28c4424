// Windows and OS/2 bitmaps: 1, 4, 8, 16, 24 and 32 bits, plain, with bit fields or run lengths,
// with Pillow's choices where files disagree.

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "image/encoded_reader.h"

namespace diptych::image {
namespace {

enum Compression : std::uint32_t { plain = 0, rle8 = 1, rle4 = 2, bit_fields = 3 };

struct Header {
  std::uint32_t size = 0;  ///< of the information header; tells the variants apart
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  bool top_down = false;
  int bits = 0;
  std::uint32_t compression = plain;
  std::uint32_t colours = 0;
  std::array<std::uint32_t, 4> masks{};  ///< R, G, B, alpha, for bit_fields
  std::size_t pixel_offset = 0;

  std::size_t palette_entry() const { return size == 12 ? 3 : 4; }
  /// Rows are padded to four bytes.
  std::size_t stride() const { return (width * static_cast<std::uint64_t>(bits) + 31) / 32 * 4; }
  /// Bytes of all rows; the padding of the last one may be missing.
  std::size_t pixel_bytes() const {
    return (height - 1) * stride() + (width * static_cast<std::uint64_t>(bits) + 7) / 8;
  }
};

/// BITMAPCOREHEADER, of OS/2 1.
void read_core_header(EncodedReader& bytes, Header& header) {
  header.width = bytes.u16();
  header.height = bytes.u16();
  bytes.u16();  // planes
  header.bits = bytes.u16();
}

void read_masks(EncodedReader& bytes, Header& header) {
  const bool with_alpha = header.size >= 56;
  for (std::size_t i = 0; i < (with_alpha ? 4U : 3U); ++i) header.masks[i] = bytes.u32();
}

/// BITMAPINFOHEADER and what extends it. A negative height means rows from the top.
void read_info_header(EncodedReader& bytes, Header& header) {
  header.width = bytes.u32();
  const std::uint32_t height = bytes.u32();
  header.top_down = height >> 24 == 0xFF;
  header.height = header.top_down ? (std::uint64_t{1} << 32) - height : height;
  bytes.u16();  // planes
  header.bits = bytes.u16();
  header.compression = bytes.u32();
  bytes.take(12);  // bytes of pixels, pixels a metre
  header.colours = bytes.u32();
  bytes.u32();  // important colours
  if (header.compression == bit_fields) read_masks(bytes, header);
}

void check(const EncodedPicture& source, const Header& header) {
  constexpr std::array kDepths = {1, 4, 8, 16, 24, 32};
  if (std::find(kDepths.begin(), kDepths.end(), header.bits) == kDepths.end())
    source.fail_unsupported(
        fmt::format("BMP depth: got {}, expected 1, 4, 8, 16, 24 or 32", header.bits));
  const bool fits = header.compression == plain ||
                    (header.compression == rle8 && header.bits == 8) ||
                    (header.compression == rle4 && header.bits == 4) ||
                    (header.compression == bit_fields && header.bits >= 16);
  if (!fits)
    source.fail_unsupported(fmt::format("BMP compression: got {} with {} bits, expected 0 to 3",
                                        header.compression, header.bits));
  if (header.bits <= 8 && header.colours > 65536)
    source.fail_corrupt(
        fmt::format("BMP palette: got {} colours, expected at most 65536", header.colours));
}

Header read_header(const EncodedPicture& source, EncodedReader& bytes) {
  constexpr std::array<std::uint32_t, 7> kSizes = {12, 40, 52, 56, 64, 108, 124};
  Header header;
  bytes.seek(10);
  header.pixel_offset = bytes.u32();
  header.size = bytes.u32();
  if (std::find(kSizes.begin(), kSizes.end(), header.size) == kSizes.end())
    source.fail_unsupported(
        fmt::format("BMP header: got {} bytes, expected 12, 40, 52, 56, 64, "
                    "108 or 124",
                    header.size));
  if (header.size == 12)
    read_core_header(bytes, header);
  else
    read_info_header(bytes, header);
  check(source, header);
  if (header.colours == 0 && header.bits <= 8) header.colours = 1U << header.bits;
  // Where the pixels are said to follow the header at once, the palette comes between.
  if (header.pixel_offset == 14 + header.size && header.bits <= 8)
    header.pixel_offset += header.palette_entry() * header.colours;
  // The palette follows the header, and the masks that a header of 40 bytes leaves outside.
  bytes.seek(std::max<std::size_t>(bytes.position(), 14 + header.size));
  return header;
}

struct Colours {
  Palette palette = black_palette();
  bool ramp = true;  ///< entry i is grey i, of two entries the second is white
};

Colours read_colours(EncodedReader& bytes, const Header& header) {
  Colours result;
  const auto table = bytes.take(header.palette_entry() * header.colours);
  for (std::size_t i = 0; i < header.colours; ++i) {
    const auto bgr = table.subspan(i * header.palette_entry(), 3);
    const std::size_t grey = header.colours == 2 ? i * 255 : i;
    result.ramp &= bgr[0] == grey && bgr[1] == grey && bgr[2] == grey;
    if (i < result.palette.size()) result.palette[i] = {bgr[2], bgr[1], bgr[0], 255};
  }
  return result;
}

/// Row y of the picture, counted from the top, for row `stored` of the file.
std::size_t row_of(const Header& header, std::size_t stored) {
  return header.top_down ? stored : static_cast<std::size_t>(header.height) - 1 - stored;
}

/// Run-length data as indices, row after row as the file stores them. Pillow's rules: a run ends
/// with its row, a jump leaves index 0, and the data must fill the picture.
class RunLengthReader {
 public:
  RunLengthReader(EncodedReader& bytes, const Header& header)
      : bytes_(bytes),
        four_bits_(header.compression == rle4),
        width_(static_cast<std::size_t>(header.width)),
        count_(width_ * static_cast<std::size_t>(header.height)) {}

  std::vector<std::uint8_t> read(const EncodedPicture& source) {
    bool more = true;
    while (more && indices_.size() < count_) {
      const std::uint8_t count = bytes_.u8();
      const std::uint8_t value = bytes_.u8();
      if (count != 0)
        add_run(count, value);
      else
        more = escape(value);
    }
    if (indices_.size() < count_)
      source.fail_corrupt(
          fmt::format("BMP: got {} pixels of run lengths, expected {}", indices_.size(), count_));
    indices_.resize(count_);
    return std::move(indices_);
  }

 private:
  std::uint8_t half(std::uint8_t byte, std::size_t i) const {
    return static_cast<std::uint8_t>(i % 2 == 0 ? byte >> 4 : byte & 15);
  }

  void add_run(std::size_t count, std::uint8_t value) {
    count = std::min(count, width_ - std::min(x_, width_));
    for (std::size_t i = 0; i < count; ++i) indices_.push_back(four_bits_ ? half(value, i) : value);
    x_ += count;
  }

  /// End of row, end of picture (false), a jump, or `code` pixels as they are.
  bool escape(std::uint8_t code) {
    if (code == 1) return false;
    if (code == 0) {
      indices_.resize((indices_.size() + width_ - 1) / width_ * width_);
      x_ = 0;
    } else if (code == 2) {
      const std::size_t right = bytes_.u8();
      const std::size_t up = bytes_.u8();
      indices_.resize(std::min(count_, indices_.size() + right + up * width_));
      x_ = indices_.size() % width_;
    } else {
      add_literal(code);
    }
    return true;
  }

  void add_literal(std::size_t code) {
    const std::size_t count = std::min(count_ - indices_.size(), code);
    const auto data = bytes_.take(four_bits_ ? (count + 1) / 2 : count);
    for (std::size_t i = 0; i < count; ++i)
      indices_.push_back(four_bits_ ? half(data[i / 2], i) : data[i]);
    x_ += code;
    if (indices_.size() < count_ && bytes_.position() % 2 != 0) bytes_.take(1);
  }

  EncodedReader& bytes_;
  bool four_bits_;
  std::size_t width_;
  std::size_t count_;
  std::size_t x_ = 0;
  std::vector<std::uint8_t> indices_;
};

void read_packed_indices(EncodedReader& bytes, const Header& header, Picture& picture) {
  const auto width = static_cast<std::size_t>(header.width);
  const auto bits = static_cast<std::size_t>(header.bits);
  const auto rows = bytes.take(header.pixel_bytes());
  for (std::size_t stored = 0; stored < header.height; ++stored) {
    const auto row = rows.subspan(stored * header.stride());
    std::uint8_t* const out = picture.pixels.data() + row_of(header, stored) * width;
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t bit = x * bits;
      out[x] = static_cast<std::uint8_t>(row[bit / 8] >> (8 - bits - bit % 8) & ((1 << bits) - 1));
    }
  }
}

Picture read_indexed(const EncodedPicture& source, EncodedReader& bytes, const Header& header) {
  check_size(source, header.width, header.height);
  const Colours colours = read_colours(bytes, header);
  bytes.seek(header.pixel_offset != 0 ? header.pixel_offset : bytes.position());
  const auto width = static_cast<std::size_t>(header.width);
  Picture picture = make_picture(source, PixelFormat::indexed, header.width, header.height);
  picture.palette = colours.palette;
  if (header.compression == plain) {
    read_packed_indices(bytes, header, picture);
  } else {
    const std::vector<std::uint8_t> indices = RunLengthReader(bytes, header).read(source);
    for (std::size_t stored = 0; stored < header.height; ++stored)
      std::memcpy(picture.pixels.data() + row_of(header, stored) * width,
                  indices.data() + stored * width, width);
  }
  // Pillow drops a palette that is a grey ramp: two colours are black and white, more are greys.
  if (colours.ramp && header.colours == 2)
    picture.palette = black_and_white_palette();
  else if (colours.ramp && (header.bits == 8 || header.compression == rle4))
    expand_grey(picture);
  return picture;
}

/// Where the channels of a pixel are: bytes of a little-endian value, or fields of 16 bits.
struct Layout {
  std::array<int, 4> byte = {2, 1, 0, -1};  ///< of R, G, B, alpha; -1 for none
  int green_bits = 0;                       ///< of a 16-bit pixel: 5 or 6; zero for whole bytes
};

Layout choose_layout(const EncodedPicture& source, const Header& header) {
  using Masks = std::array<std::uint32_t, 4>;
  Layout layout;
  if (header.bits == 16) layout.green_bits = 5;
  if (header.compression == plain) return layout;
  const Masks& masks = header.masks;
  const Masks colours = {masks[0], masks[1], masks[2], 0};
  if (header.bits == 16) {
    if (colours == Masks{0xF800, 0x7E0, 0x1F, 0})
      layout.green_bits = 6;
    else if (colours != Masks{0x7C00, 0x3E0, 0x1F, 0})
      layout.green_bits = 0;
    if (layout.green_bits != 0) return layout;
  } else if (header.bits == 24) {
    if (colours == Masks{0xFF0000, 0xFF00, 0xFF, 0}) return layout;
  } else {
    constexpr std::pair<Masks, std::array<int, 4>> kKnown[] = {
        {{0xFF0000, 0xFF00, 0xFF, 0}, {2, 1, 0, -1}},
        {{0xFF000000, 0xFF0000, 0xFF00, 0}, {3, 2, 1, -1}},
        {{0xFF000000, 0xFF00, 0xFF, 0}, {3, 1, 0, -1}},
        {{0xFF000000, 0xFF0000, 0xFF00, 0xFF}, {3, 2, 1, 0}},
        {{0xFF, 0xFF00, 0xFF0000, 0xFF000000}, {0, 1, 2, 3}},
        {{0xFF0000, 0xFF00, 0xFF, 0xFF000000}, {2, 1, 0, 3}},
        {{0xFF000000, 0xFF00, 0xFF, 0xFF0000}, {3, 1, 0, 2}},
        {{0, 0, 0, 0}, {2, 1, 0, 3}}};
    for (const auto& [known, bytes] : kKnown)
      if (known == masks) return {bytes, 0};
  }
  source.fail_unsupported(fmt::format("BMP bit fields: got {:#x} {:#x} {:#x} {:#x} of {} bits",
                                      masks[0], masks[1], masks[2], masks[3], header.bits));
}

void unpack_16(const std::uint8_t* in, int green_bits, std::uint8_t* out) {
  const int pixel = in[0] | in[1] << 8;
  const int green = green_bits == 6 ? 63 : 31;
  out[0] = static_cast<std::uint8_t>((pixel >> (5 + green_bits) & 31) * 255 / 31);
  out[1] = static_cast<std::uint8_t>((pixel >> 5 & green) * 255 / green);
  out[2] = static_cast<std::uint8_t>((pixel & 31) * 255 / 31);
}

Picture read_coloured(const EncodedPicture& source, EncodedReader& bytes, const Header& header) {
  const Layout layout = choose_layout(source, header);
  if (header.pixel_offset != 0) bytes.seek(header.pixel_offset);
  const bool alpha = layout.byte[3] >= 0;
  check_size(source, header.width, header.height);
  const auto rows = bytes.take(header.pixel_bytes());
  Picture picture = make_picture(source, alpha ? PixelFormat::rgba : PixelFormat::rgb, header.width,
                                 header.height);
  const std::size_t channels = alpha ? 4 : 3;
  const std::size_t in_step = static_cast<std::size_t>(header.bits) / 8;
  for (std::size_t stored = 0; stored < header.height; ++stored) {
    const std::uint8_t* in = rows.subspan(stored * header.stride()).data();
    std::uint8_t* out = picture.pixels.data() +
                        row_of(header, stored) * static_cast<std::size_t>(header.width) * channels;
    for (std::size_t x = 0; x < header.width; ++x, in += in_step, out += channels) {
      if (layout.green_bits != 0)
        unpack_16(in, layout.green_bits, out);
      else
        for (std::size_t c = 0; c < channels; ++c) out[c] = in[layout.byte[c]];
    }
  }
  return picture;
}

}  // namespace

Picture decode_bmp(const EncodedPicture& source) {
  EncodedReader bytes(source, "BMP");
  const Header header = read_header(source, bytes);
  return header.bits <= 8 ? read_indexed(source, bytes, header)
                          : read_coloured(source, bytes, header);
}

}  // namespace diptych::image
