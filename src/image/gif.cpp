// The first frame of a GIF (CompuServe, GIF89a, 1990). The format's one difficulty is its LZW
// variant: codes of growing width, packed from the low bit, in blocks of at most 255 bytes.

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "image/encoded_reader.h"

namespace diptych::image {
namespace {

/// Codes from the chain of data blocks.
class CodeReader {
 public:
  explicit CodeReader(EncodedReader& bytes) : bytes_(bytes) {}

  /// The next `width` bits, or -1 after the last block.
  int next(int width) {
    while (count_ < width) {
      if (block_left_ == 0) block_left_ = bytes_.u8();
      if (block_left_ == 0) return -1;
      bits_ |= static_cast<std::uint32_t>(bytes_.u8()) << count_;
      count_ += 8;
      --block_left_;
    }
    const auto code = static_cast<int>(bits_ & ((1U << width) - 1U));
    bits_ >>= width;
    count_ -= width;
    return code;
  }

 private:
  EncodedReader& bytes_;
  std::uint32_t bits_ = 0;
  int count_ = 0;
  int block_left_ = 0;
};

/// Strings of palette indices: each entry is an earlier one and one index more.
class CodeTable {
 public:
  static constexpr int kSize = 4096;

  explicit CodeTable(int root_bits) : clear_(1 << root_bits) { reset(); }

  int clear_code() const { return clear_; }
  int end_code() const { return clear_ + 1; }
  int width() const { return width_; }

  void reset() {
    next_ = clear_ + 2;
    width_ = 1;
    while ((1 << width_) < next_) ++width_;
    previous_ = -1;
  }

  /// Appends the string of `code` to `out`; false when no such string can exist yet.
  bool append(int code, std::vector<std::uint8_t>& out) {
    if (previous_ < 0 ? code >= clear_ : code > next_) return false;
    const std::size_t begin = out.size();
    const bool repeats = previous_ >= 0 && code == next_;
    for (int c = repeats ? previous_ : code;; c = link_[static_cast<std::size_t>(c)]) {
      out.push_back(static_cast<std::uint8_t>(c < clear_ ? c : last_[static_cast<std::size_t>(c)]));
      if (c < clear_) break;
    }
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
    if (repeats) out.push_back(out[begin]);
    if (previous_ >= 0) add(out[begin]);
    previous_ = code;
    return true;
  }

 private:
  void add(std::uint8_t index) {
    if (next_ >= kSize) return;
    last_[static_cast<std::size_t>(next_)] = index;
    link_[static_cast<std::size_t>(next_)] = previous_;
    ++next_;
    if (next_ == 1 << width_ && width_ < 12) ++width_;
  }

  int clear_;
  int next_ = 0;
  int width_ = 0;
  int previous_ = -1;
  std::array<int, kSize> link_{};
  std::array<std::uint8_t, kSize> last_{};
};

struct Frame {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  bool interlaced = false;
  std::optional<Palette> palette;  ///< the frame's or else the file's; none where it is a grey ramp
  std::optional<std::uint8_t> transparent;
};

/// A colour table of 2 << bits entries, or nothing when entry i is grey i for all: then the indices
/// are greys, and Pillow resizes them as such.
std::optional<Palette> read_palette(EncodedReader& bytes, int flags) {
  Palette palette = black_palette();
  bool ramp = true;
  const std::size_t count = std::size_t{2} << (flags & 7);
  const auto table = bytes.take(count * 3);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      palette[i][c] = table[i * 3 + c];
      ramp &= palette[i][c] == i;
    }
  }
  return ramp ? std::nullopt : std::optional(palette);
}

void skip_blocks(EncodedReader& bytes) {
  for (std::size_t size = bytes.u8(); size != 0; size = bytes.u8()) bytes.take(size);
}

/// Reads what follows the byte '!'; a graphic control extension may name a transparent index.
void read_extension(EncodedReader& bytes, Frame& frame) {
  constexpr std::uint8_t kGraphicControl = 0xF9;
  const std::uint8_t label = bytes.u8();
  if (label == kGraphicControl) {
    const auto block = bytes.take(bytes.u8());
    if (block.empty()) return;
    if (block.size() >= 4 && (block[0] & 1) != 0) frame.transparent = block[3];
  }
  skip_blocks(bytes);
}

/// Reads up to and with the first image descriptor.
Frame read_frame_header(const EncodedPicture& source, EncodedReader& bytes,
                        std::optional<Palette> palette) {
  Frame frame;
  for (;;) {
    const std::uint8_t block = bytes.u8();
    if (block == '!') read_extension(bytes, frame);
    if (block == ';') source.fail_corrupt("GIF: got no frame, expected at least one");
    if (block == ',') break;
  }
  frame.left = bytes.u16();
  frame.top = bytes.u16();
  frame.width = bytes.u16();
  frame.height = bytes.u16();
  const int flags = bytes.u8();
  frame.interlaced = (flags & 0x40) != 0;
  frame.palette = (flags & 0x80) != 0 ? read_palette(bytes, flags) : palette;
  return frame;
}

std::vector<std::uint8_t> read_indices(const EncodedPicture& source, EncodedReader& bytes,
                                       std::size_t count) {
  const int root_bits = bytes.u8();
  if (root_bits < 1 || root_bits > 8)
    source.fail_corrupt(fmt::format("GIF: code size: got {}, expected 1 to 8", root_bits));
  CodeReader codes(bytes);
  CodeTable table(root_bits);
  std::vector<std::uint8_t> indices;
  while (indices.size() < count) {
    const int code = codes.next(table.width());
    if (code < 0 || code == table.end_code())
      source.fail_corrupt(fmt::format("GIF: got {} pixels, expected {}", indices.size(), count));
    if (code == table.clear_code())
      table.reset();
    else if (!table.append(code, indices))
      source.fail_corrupt(fmt::format("GIF: got code {} before its string is known", code));
  }
  return indices;
}

/// The order in which the rows of a frame are stored.
std::vector<int> row_order(const Frame& frame) {
  std::vector<int> rows;
  const auto pass = [&](int first, int step) {
    for (int y = first; y < frame.height; y += step) rows.push_back(y);
  };
  if (!frame.interlaced) {
    pass(0, 1);
  } else {
    pass(0, 8);
    pass(4, 8);
    pass(2, 4);
    pass(1, 2);
  }
  return rows;
}

void place(const Frame& frame, const std::vector<std::uint8_t>& indices, Picture& picture) {
  auto from = indices.begin();
  for (const int y : row_order(frame)) {
    const std::size_t at =
        static_cast<std::size_t>(frame.top + y) * static_cast<std::size_t>(picture.width) +
        static_cast<std::size_t>(frame.left);
    std::copy_n(from, frame.width, picture.pixels.begin() + static_cast<std::ptrdiff_t>(at));
    from += frame.width;
  }
}

Palette grey_palette() {
  Palette palette = black_palette();
  for (std::size_t i = 0; i < palette.size(); ++i)
    std::fill_n(palette[i].begin(), 3, static_cast<std::uint8_t>(i));
  return palette;
}

}  // namespace

Picture decode_gif(const EncodedPicture& source) {
  EncodedReader bytes(source, "GIF");
  bytes.seek(6);
  const int screen_width = bytes.u16();
  const int screen_height = bytes.u16();
  const int flags = bytes.u8();
  bytes.take(2);  // background index and aspect ratio, which Pillow ignores
  std::optional<Palette> palette;
  if ((flags & 0x80) != 0) palette = read_palette(bytes, flags);
  const Frame frame = read_frame_header(source, bytes, palette);
  if (frame.width == 0 || frame.height == 0)
    source.fail_corrupt(
        fmt::format("GIF frame: got {} x {}, expected at least 1 x 1", frame.width, frame.height));

  // A frame that sticks out widens the screen.
  const int width = std::max(screen_width, frame.left + frame.width);
  const int height = std::max(screen_height, frame.top + frame.height);
  Picture picture = make_picture(source, PixelFormat::indexed, static_cast<std::uint64_t>(width),
                                 static_cast<std::uint64_t>(height));
  const auto count = static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height);
  const std::vector<std::uint8_t> indices = read_indices(source, bytes, count);
  std::fill(picture.pixels.begin(), picture.pixels.end(), frame.transparent.value_or(0));
  place(frame, indices, picture);

  picture.palette = frame.palette.value_or(grey_palette());
  if (frame.transparent && (frame.palette || source.options.background))
    picture.palette[*frame.transparent][3] = 0;
  else if (!frame.palette)
    expand_grey(picture);
  return picture;
}

}  // namespace diptych::image
