#include "image/camera_raw.h"

#include <string_view>
#include <vector>

#include "image/jpeg_segments.h"
#include "image/tiff_directory.h"

namespace diptych::image {
namespace {

constexpr std::uint16_t kCompression = 259;
constexpr std::uint16_t kPhotometric = 262;
constexpr std::uint16_t kStripOffsets = 273;
constexpr std::uint16_t kOrientation = 274;
constexpr std::uint16_t kStripByteCounts = 279;
constexpr std::uint16_t kSubDirectories = 330;
constexpr std::uint16_t kJpegOffset = 513;
constexpr std::uint16_t kJpegLength = 514;
constexpr std::uint16_t kDngVersion = 50706;

/// Photometric interpretations of what a sensor saw.
constexpr int kColourFilterArray = 32803;
constexpr int kLinearRaw = 34892;
/// Compressions that are JPEG.
constexpr int kOldJpeg = 6;
constexpr int kJpeg = 7;
/// Real files have up to four directories, and up to three below one.
constexpr std::size_t kMostDirectories = 16;

std::uint64_t value_of(const TiffReader& reader, const TiffDirectory& directory,
                       std::uint16_t tag) {
  const TiffField* field = directory.find(tag);
  if (field == nullptr) return 0;
  const std::int64_t value = reader.integer(*field).value_or(0);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::vector<TiffDirectory> all_directories(const TiffReader& reader) {
  std::vector<TiffDirectory> directories;
  std::uint32_t position = reader.first_directory();
  for (std::size_t i = 0; position != 0 && i < kMostDirectories; ++i) {
    directories.push_back(reader.directory(position));
    position = directories.back().next;
    const TiffField* below = directories.back().find(kSubDirectories);
    if (below == nullptr) continue;
    const TiffField field = *below;
    for (std::size_t j = 0; j < kMostDirectories; ++j)
      if (const auto at = reader.integer(field, j))
        directories.push_back(reader.directory(static_cast<std::uint32_t>(*at)));
  }
  return directories;
}

bool is_sensor_data(const TiffReader& reader, const TiffDirectory& directory) {
  const std::uint64_t photometric = value_of(reader, directory, kPhotometric);
  return photometric == kColourFilterArray || photometric == kLinearRaw;
}

/// The pixels of a JPEG that libjpeg decodes; zero for others, such as the lossless ones that hold
/// what a sensor saw.
std::uint64_t jpeg_pixels(const EncodedPicture& jpeg) {
  constexpr int kBaseline = 0xC0;
  constexpr int kProgressive = 0xC2;
  if (jpeg.size() < 4 || jpeg.data()[0] != 0xFF || jpeg.data()[1] != 0xD8) return 0;
  try {
    for (const JpegSegment& segment : read_jpeg_segments(jpeg))
      if (segment.marker >= kBaseline && segment.marker <= kProgressive)
        return std::uint64_t{static_cast<std::uint32_t>(segment.data[1] << 8 | segment.data[2])} *
               static_cast<std::uint32_t>(segment.data[3] << 8 | segment.data[4]);
  } catch (const Error&) {
  }
  return 0;
}

/// Keeps the largest of the JPEGs that it is offered.
class LargestJpeg {
 public:
  explicit LargestJpeg(const EncodedPicture& source) : source_(source) {}

  void offer(std::uint64_t position, std::uint64_t length) {
    if (length == 0 || position > source_.size() || length > source_.size() - position) return;
    const auto bytes = source_.bytes.subspan(position, length);
    const std::uint64_t pixels = jpeg_pixels({bytes, source_.name, source_.options});
    if (pixels <= pixels_) return;
    pixels_ = pixels;
    bytes_ = bytes;
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  const EncodedPicture& source_;
  std::span<const std::byte> bytes_;
  std::uint64_t pixels_ = 0;
};

void offer_previews(const TiffReader& reader, const TiffDirectory& directory,
                    LargestJpeg& largest) {
  largest.offer(value_of(reader, directory, kJpegOffset), value_of(reader, directory, kJpegLength));
  const std::uint64_t compression = value_of(reader, directory, kCompression);
  if ((compression == kOldJpeg || compression == kJpeg) && !is_sensor_data(reader, directory))
    largest.offer(value_of(reader, directory, kStripOffsets),
                  value_of(reader, directory, kStripByteCounts));
}

std::optional<CameraRaw> read_tiff_raw(const EncodedPicture& source, std::string_view start) {
  const auto reader = TiffReader::open({source.data(), source.size()});
  if (!reader) return std::nullopt;
  const std::vector<TiffDirectory> directories = all_directories(*reader);
  bool raw = start.substr(8).starts_with("CR\x02");
  for (const TiffDirectory& directory : directories)
    raw |= directory.find(kDngVersion) != nullptr || is_sensor_data(*reader, directory);
  if (!raw) return std::nullopt;
  LargestJpeg largest(source);
  for (const TiffDirectory& directory : directories) offer_previews(*reader, directory, largest);
  const std::uint64_t orientation =
      directories.empty() ? 0 : value_of(*reader, directories.front(), kOrientation);
  return CameraRaw{largest.bytes(), orientation <= 8 ? static_cast<int>(orientation) : 0};
}

/// Position and length of the JPEG stand in the header, the high byte first.
CameraRaw read_raf(const EncodedPicture& source) {
  const auto u32 = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | source.data()[at + i];
    return value;
  };
  LargestJpeg largest(source);
  if (source.size() >= 92) largest.offer(u32(84), u32(88));
  return {largest.bytes(), 0};
}

}  // namespace

std::optional<CameraRaw> read_camera_raw(const EncodedPicture& source) {
  const std::string_view start(reinterpret_cast<const char*>(source.data()), source.size());
  if (start.starts_with("FUJIFILMCCD-RAW")) return read_raf(source);
  if (start.size() < 16 || (!start.starts_with("II") && !start.starts_with("MM")))
    return std::nullopt;
  return read_tiff_raw(source, start);
}

}  // namespace diptych::image
