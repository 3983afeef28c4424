#include "image/several_pictures.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "image/content.h"
#include "image/tiff_directory.h"

namespace diptych::image {
namespace {

using namespace std::string_view_literals;

/// Bytes that are zero past the end, which ends every walk.
class BytesOrZero {
 public:
  explicit BytesOrZero(const EncodedPicture& source) : bytes_(source.data(), source.size()) {}

  std::size_t size() const { return bytes_.size(); }
  std::size_t u8(std::size_t at) const { return at < bytes_.size() ? bytes_[at] : 0; }
  std::size_t big_u32(std::size_t at) const {
    return u8(at) << 24U | u8(at + 1) << 16U | u8(at + 2) << 8U | u8(at + 3);
  }
  std::size_t little_u32(std::size_t at) const {
    return u8(at) | u8(at + 1) << 8U | u8(at + 2) << 16U | u8(at + 3) << 24U;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// Bytes of a GIF's colour table, by the flags that tell of it.
std::size_t table_bytes(std::size_t flags) {
  return (flags & 0x80U) != 0 ? std::size_t{6} << (flags & 7U) : 0;
}

/// Where the chain of data blocks ends that begins there.
std::size_t after_blocks(const BytesOrZero& bytes, std::size_t at) {
  while (bytes.u8(at) != 0) at += 1 + bytes.u8(at);
  return at + 1;
}

bool gif_has_several(const BytesOrZero& bytes) {
  constexpr std::size_t kScreen = 13;
  std::size_t at = kScreen + table_bytes(bytes.u8(10));
  for (int frames = 0; at < bytes.size();) {
    const std::size_t block = bytes.u8(at);
    if (block == ';') return false;
    if (block == '!') {
      at = after_blocks(bytes, at + 2);
    } else if (block == ',') {
      if (++frames > 1) return true;
      at = after_blocks(bytes, at + 11 + table_bytes(bytes.u8(at + 9)));
    } else {
      ++at;
    }
  }
  return false;
}

/// APNG says before the pixels how many frames there are.
bool png_has_several(const EncodedPicture& source, const BytesOrZero& bytes) {
  for (std::size_t at = 8; at < bytes.size(); at += 12 + bytes.big_u32(at)) {
    if (starts_at(source, at + 4, "acTL"sv)) return bytes.big_u32(at + 8) > 1;
    if (starts_at(source, at + 4, "IDAT"sv)) return false;
  }
  return false;
}

bool webp_has_several(const EncodedPicture& source, const BytesOrZero& bytes) {
  int frames = 0;
  for (std::size_t at = 12; at < bytes.size();) {
    if (starts_at(source, at, "ANMF"sv) && ++frames > 1) return true;
    const std::size_t size = bytes.little_u32(at + 4);
    at += 8 + size + (size & 1U);
  }
  return false;
}

bool tiff_has_several(const EncodedPicture& source) {
  constexpr std::uint16_t kSubfileType = 254;
  constexpr std::int64_t kReducedOrMask = 1 | 4;
  constexpr int kLookedAt = 16;
  const auto reader = TiffReader::open({source.data(), source.size()});
  if (!reader) return false;
  std::uint32_t place = reader->directory(reader->first_directory()).next;
  for (int i = 0; i < kLookedAt && place != 0; ++i) {
    const TiffDirectory directory = reader->directory(place);
    if (directory.fields.empty()) return false;
    const TiffField* type = directory.find(kSubfileType);
    const std::int64_t kind = type == nullptr ? 0 : reader->integer(*type).value_or(0);
    if ((kind & kReducedOrMask) == 0) return true;
    place = directory.next;
  }
  return false;
}

/// Whether the first brand of a HEIC or AVIF file is one for sequences.
bool is_sequence(const EncodedPicture& source) {
  constexpr std::size_t kBrand = 8;
  return starts_at(source, kBrand, "avis"sv) || starts_at(source, kBrand, "hevc"sv) ||
         starts_at(source, kBrand, "hevx"sv) || starts_at(source, kBrand, "msf1"sv);
}

}  // namespace

bool has_several_pictures(const EncodedPicture& source) {
  const BytesOrZero bytes(source);
  if (starts_at(source, 0, "GIF8"sv)) return gif_has_several(bytes);
  if (starts_at(source, 0, "\x89PNG"sv)) return png_has_several(source, bytes);
  if (starts_at(source, 0, "RIFF"sv) && starts_at(source, 8, "WEBP"sv))
    return webp_has_several(source, bytes);
  if (starts_at(source, 0, "II*\0"sv) || starts_at(source, 0, "MM\0*"sv))
    return tiff_has_several(source);
  return starts_at(source, 4, "ftyp"sv) && is_sequence(source);
}

}  // namespace diptych::image
