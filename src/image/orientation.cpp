#include "image/orientation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "image/jpeg_segments.h"
#include "image/tiff_directory.h"

namespace diptych::image {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr int kUpright = 1;
constexpr std::uint16_t kOrientationTag = 274;

constexpr std::string_view kExifHead("Exif\0\0", 6);
constexpr std::string_view kXmpHead("http://ns.adobe.com/xap/1.0/\0", 29);

/// What a file says of itself beside its pixels.
struct Metadata {
  Bytes exif;
  Bytes xmp;
};

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// `bytes` after `head`, when they start with it.
bool take_head(Bytes& bytes, std::string_view head) {
  if (!text(bytes).starts_with(head)) return false;
  bytes = bytes.subspan(head.size());
  return true;
}

Metadata jpeg_metadata(const EncodedPicture& source) {
  Metadata metadata;
  for (const JpegSegment& segment : read_jpeg_segments(source)) {
    if (segment.marker != kApp1) continue;
    Bytes data = segment.data;
    if (metadata.exif.empty() && take_head(data, kExifHead)) metadata.exif = data;
    if (take_head(data, kXmpHead)) metadata.xmp = data;
  }
  return metadata;
}

std::uint32_t u32(Bytes bytes, bool big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[big_endian ? i : 3 - i];
  return value;
}

/// PNG's eXIf chunk, and the packet in an uncompressed iTXt chunk. The decoder has checked them.
Metadata png_metadata(Bytes file) {
  constexpr std::size_t kFrame = 12;  // length, name and checksum
  constexpr std::string_view kXmpText("XML:com.adobe.xmp\0\0", 19);
  Metadata metadata;
  file = file.subspan(8);
  while (file.size() >= kFrame) {
    const std::size_t length = u32(file, true);
    if (length > file.size() - kFrame) break;
    const std::string_view name = text(file.subspan(4, 4));
    Bytes data = file.subspan(8, length);
    if (name == "eXIf") metadata.exif = data;
    if (name == "iTXt" && take_head(data, kXmpText)) metadata.xmp = data;
    file = file.subspan(kFrame + length);
  }
  return metadata;
}

Metadata webp_metadata(Bytes file) {
  Metadata metadata;
  file = file.subspan(12);
  while (file.size() >= 8) {
    const std::size_t length = u32(file.subspan(4), false);
    if (length > file.size() - 8) break;
    const Bytes data = file.subspan(8, length);
    if (metadata.exif.empty() && text(file).starts_with("EXIF")) metadata.exif = data;
    if (metadata.xmp.empty() && text(file).starts_with("XMP ")) metadata.xmp = data;
    file = file.subspan(std::min(file.size(), 8 + length + length % 2));
  }
  return metadata;
}

Metadata find_metadata(const EncodedPicture& source) {
  const Bytes file(source.data(), source.size());
  const std::string_view start = text(file);
  if (start.starts_with("\xFF\xD8")) return jpeg_metadata(source);
  if (start.starts_with("\x89PNG")) return png_metadata(file);
  if (start.starts_with("RIFF")) return webp_metadata(file);
  return {};
}

/// Zero where the packet says nothing.
int xmp_orientation(Bytes xmp) {
  constexpr std::string_view kName = "tiff:Orientation";
  std::string_view rest = text(xmp);
  for (std::size_t at = rest.find(kName); at != rest.npos; at = rest.find(kName)) {
    rest.remove_prefix(at + kName.size());
    std::string_view value = rest;
    if (value.starts_with("=\""))
      value.remove_prefix(2);
    else if (value.starts_with('>'))
      value.remove_prefix(1);
    else
      continue;
    if (!value.empty() && value[0] >= '0' && value[0] <= '9') return value[0] - '0';
  }
  return 0;
}

/// Where pixel (x, y) of the upright picture lies in the stored one, counted in pixels:
/// first + x right + y down.
struct Turn {
  bool swaps_sides = false;
  std::ptrdiff_t first = 0;
  std::ptrdiff_t right = 0;
  std::ptrdiff_t down = 0;
};

Turn turn_of(int orientation, std::ptrdiff_t width, std::ptrdiff_t height) {
  const std::ptrdiff_t last_row = (height - 1) * width;
  const std::array<Turn, 9> turns = {{{},
                                      {false, 0, 1, width},
                                      {false, width - 1, -1, width},
                                      {false, last_row + width - 1, -1, -width},
                                      {false, last_row, 1, -width},
                                      {true, 0, width, 1},
                                      {true, last_row, -width, 1},
                                      {true, last_row + width - 1, -width, -1},
                                      {true, width - 1, width, -1}}};
  return turns[static_cast<std::size_t>(orientation)];
}

/// Copies in squares, so that the rows of one side and the columns of the other stay in the cache.
template <std::size_t Step>
void copy_turned(const Picture& from, const Turn& turn, Picture& to) {
  constexpr int kSquare = 32;
  for (int top = 0; top < to.height; top += kSquare)
    for (int left = 0; left < to.width; left += kSquare)
      for (int y = top; y < std::min(top + kSquare, to.height); ++y) {
        const std::ptrdiff_t row = turn.first + y * turn.down;
        std::uint8_t* out = to.pixels.data() + (std::ptrdiff_t{y} * to.width + left) * Step;
        for (int x = left; x < std::min(left + kSquare, to.width); ++x, out += Step)
          std::memcpy(out, from.pixels.data() + (row + x * turn.right) * Step, Step);
      }
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> exif) {
  while (take_head(exif, kExifHead)) {
  }
  const auto reader = TiffReader::open(exif);
  if (!reader) return 0;
  const TiffDirectory directory = reader->directory(reader->first_directory());
  const TiffField* field = directory.find(kOrientationTag);
  if (field == nullptr) return 0;
  const std::int64_t value = reader->integer(*field).value_or(kUpright);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
}

int find_orientation(const EncodedPicture& source) {
  const Metadata metadata = find_metadata(source);
  int orientation = exif_orientation(metadata.exif);
  if (orientation == 0) orientation = xmp_orientation(metadata.xmp);
  return orientation >= 1 && orientation <= 8 ? orientation : kUpright;
}

void turn_upright(Picture& picture) {
  const int orientation = picture.facts.orientation;
  if (orientation == kUpright) return;
  const Turn turn = turn_of(orientation, picture.width, picture.height);
  Picture turned = {picture.format,  picture.width, picture.height, {},
                    picture.palette, picture.facts};
  if (turn.swaps_sides) std::swap(turned.width, turned.height);
  turned.pixels.resize(picture.pixels.size());
  switch (bytes_per_pixel(picture.format)) {
    case 1:
      copy_turned<1>(picture, turn, turned);
      break;
    case 2:
      copy_turned<2>(picture, turn, turned);
      break;
    case 3:
      copy_turned<3>(picture, turn, turned);
      break;
    default:
      copy_turned<4>(picture, turn, turned);
  }
  picture = std::move(turned);
}

}  // namespace diptych::image
