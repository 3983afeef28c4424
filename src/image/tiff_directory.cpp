#include "image/tiff_directory.h"

#include <algorithm>
#include <array>

namespace diptych::image {
namespace {

constexpr std::uint16_t kShort = 3;
constexpr std::uint16_t kLong = 4;
constexpr std::uint16_t kSignedByte = 6;
constexpr std::uint16_t kSignedShort = 8;
constexpr std::uint16_t kSignedLong = 9;
constexpr std::uint16_t kDirectory = 13;

/// Bytes of a value of types 0 to 13; zero for those that do not exist.
constexpr std::array<std::uint8_t, 14> kSizes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
constexpr std::size_t kFieldBytes = 12;
/// Values of up to so many bytes lie in the field itself.
constexpr std::size_t kInline = 4;

bool starts_with(std::span<const std::uint8_t> data, const std::array<std::uint8_t, 4>& head) {
  return data.size() >= head.size() && std::equal(head.begin(), head.end(), data.begin());
}

}  // namespace

const TiffField* TiffDirectory::find(std::uint16_t tag) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [tag](const TiffField& field) { return field.tag == tag; });
  return found == fields.end() ? nullptr : &*found;
}

std::optional<TiffReader> TiffReader::open(std::span<const std::uint8_t> data) {
  // The second of each pair is wrong, and occurs.
  if (starts_with(data, {'I', 'I', 42, 0}) || starts_with(data, {'I', 'I', 0, 42}))
    return TiffReader(data, false);
  if (starts_with(data, {'M', 'M', 0, 42}) || starts_with(data, {'M', 'M', 42, 0}))
    return TiffReader(data, true);
  return std::nullopt;
}

TiffDirectory TiffReader::directory(std::uint32_t position) const {
  TiffDirectory directory;
  const std::size_t count = u16(position).value_or(0);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = position + 2 + i * kFieldBytes;
    if (at + kFieldBytes > data_.size()) return directory;
    TiffField field{*u16(at), *u16(at + 2), *u32(at + 4), at + 8};
    if (field.type >= kSizes.size() || kSizes[field.type] == 0) continue;
    if (std::uint64_t{field.count} * kSizes[field.type] > kInline) field.position = *u32(at + 8);
    directory.fields.push_back(field);
  }
  directory.next = u32(position + 2 + count * kFieldBytes).value_or(0);
  return directory;
}

std::optional<std::int64_t> TiffReader::integer(const TiffField& field, std::size_t index) const {
  if (index >= field.count || field.type >= kSizes.size()) return std::nullopt;
  const std::size_t at = field.position + index * kSizes[field.type];
  switch (field.type) {
    case kSignedByte:
      if (at >= data_.size()) return std::nullopt;
      return static_cast<std::int8_t>(data_[at]);
    case kShort:
      return u16(at);
    case kSignedShort:
      if (const auto value = u16(at)) return static_cast<std::int16_t>(*value);
      return std::nullopt;
    case kLong:
    case kDirectory:
      return u32(at);
    case kSignedLong:
      if (const auto value = u32(at)) return static_cast<std::int32_t>(*value);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<std::uint16_t> TiffReader::u16(std::size_t position) const {
  if (position > data_.size() || data_.size() - position < 2) return std::nullopt;
  const int first = data_[position];
  const int second = data_[position + 1];
  return static_cast<std::uint16_t>(big_endian_ ? first << 8 | second : second << 8 | first);
}

std::optional<std::uint32_t> TiffReader::u32(std::size_t position) const {
  const auto first = u16(position);
  const auto second = u16(position + 2);
  if (!first || !second) return std::nullopt;
  const auto high = static_cast<std::uint32_t>(big_endian_ ? *first : *second);
  return high << 16 | (big_endian_ ? *second : *first);
}

}  // namespace diptych::image
