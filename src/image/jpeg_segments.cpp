#include "image/jpeg_segments.h"

#include <algorithm>

namespace diptych::image {
namespace {

constexpr int kFirstFrame = 0xC0;
constexpr int kHuffmanTables = 0xC4;
constexpr int kExtension = 0xC8;
constexpr int kArithmeticTables = 0xCC;
constexpr int kLastFrame = 0xCF;
constexpr int kFirstRestart = 0xD0;
constexpr int kEndOfPicture = 0xD9;
constexpr int kStartOfScan = 0xDA;
constexpr int kQuantisationTables = 0xDB;
constexpr int kHierarchicalFrame = 0xDE;
constexpr int kFirstJpegExtension = 0xF0;
constexpr int kLastJpegExtension = 0xFD;

bool is_frame(int marker) {
  if (marker == kHierarchicalFrame) return true;
  return marker >= kFirstFrame && marker <= kLastFrame && marker != kHuffmanTables &&
         marker != kExtension && marker != kArithmeticTables;
}

/// Markers that stand alone, or of which Pillow reads nothing.
bool stands_alone(int marker) {
  return marker == kExtension || (marker >= kFirstRestart && marker <= kEndOfPicture) ||
         (marker >= kFirstJpegExtension && marker <= kLastJpegExtension);
}

void check_frame(const EncodedPicture& source, std::span<const std::uint8_t> data) {
  if (data.size() < 6) source.fail_corrupt("JPEG: got a frame header that is cut off");
  if (data[0] != 8)
    source.fail_unsupported(fmt::format("JPEG: got {} bits a sample, expected 8", data[0]));
  if (data[5] != 1 && data[5] != 3 && data[5] != 4)
    source.fail_unsupported(fmt::format("JPEG: got {} components, expected 1, 3 or 4", data[5]));
}

void check_tables(const EncodedPicture& source, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const std::size_t length = data[0] < 16 ? 65 : 129;
    if (data.size() < length) source.fail_corrupt("JPEG: got a cut quantisation table");
    data = data.subspan(length);
  }
}

class SegmentReader {
 public:
  explicit SegmentReader(const EncodedPicture& source)
      : source_(source), bytes_(source.data(), source.size()) {}

  std::vector<JpegSegment> read() {
    std::vector<JpegSegment> segments;
    while (const int marker = next_marker()) {
      if (marker < kFirstFrame)
        source_.fail_corrupt(fmt::format("JPEG: got the reserved marker FF {:02X}", marker));
      if (stands_alone(marker)) continue;
      segments.push_back({marker, read_segment()});
      if (is_frame(marker)) check_frame(source_, segments.back().data);
      if (marker == kQuantisationTables) check_tables(source_, segments.back().data);
      if (marker == kStartOfScan) break;
    }
    return segments;
  }

 private:
  /// Zero at the end of the file.
  int next_marker() {
    while (position_ < bytes_.size()) {
      if (bytes_[position_++] != 0xFF) continue;
      while (position_ < bytes_.size() && bytes_[position_] == 0xFF) ++position_;
      if (position_ < bytes_.size() && bytes_[position_] != 0) return bytes_[position_++];
    }
    return 0;
  }

  std::span<const std::uint8_t> read_segment() {
    std::size_t left = bytes_.size() - position_;
    if (left < 2) fail_cut(2 - left);
    const std::size_t stated =
        static_cast<std::size_t>(bytes_[position_] << 8 | bytes_[position_ + 1]);
    const std::size_t length = std::max<std::size_t>(stated, 2) - 2;
    position_ += 2;
    left -= 2;
    if (length > left) fail_cut(length - left);
    const auto data = bytes_.subspan(position_, length);
    position_ += length;
    return data;
  }

  [[noreturn]] void fail_cut(std::size_t missing) {
    source_.fail_corrupt(
        fmt::format("JPEG: got {} bytes, expected at least {} more", bytes_.size(), missing));
  }

  const EncodedPicture& source_;
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 2;  ///< after the start of the picture
};

}  // namespace

std::vector<JpegSegment> read_jpeg_segments(const EncodedPicture& source) {
  return SegmentReader(source).read();
}

}  // namespace diptych::image
