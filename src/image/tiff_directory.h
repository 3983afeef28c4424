#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace diptych::image {

/// One field of a TIFF directory.
struct TiffField {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint32_t count = 0;   ///< of values
  std::size_t position = 0;  ///< where the first value is, unchecked
};

struct TiffDirectory {
  std::vector<TiffField> fields;
  std::uint32_t next = 0;  ///< where the next directory is; zero for none

  /// Returns the first field of that tag; nullptr for none.
  const TiffField* find(std::uint16_t tag) const;
};

/// Reads the directories of TIFF 6.0 data, which EXIF and camera RAW files are too. Every position
/// in them is hostile: what points outside the data is absent, and nothing throws.
class TiffReader {
 public:
  /// Opens TIFF data; nothing where the data do not start as TIFF does.
  static std::optional<TiffReader> open(std::span<const std::uint8_t> data);

  std::uint32_t first_directory() const { return u32(4).value_or(0); }
  /// Returns the directory there, as far as it lies within the data; at most 65,535 fields.
  TiffDirectory directory(std::uint32_t position) const;
  /// Returns value `index` of a field of whole numbers (SHORT, LONG or signed); nothing where it is
  /// of another type or outside the data.
  std::optional<std::int64_t> integer(const TiffField& field, std::size_t index = 0) const;

 private:
  TiffReader(std::span<const std::uint8_t> data, bool big_endian)
      : data_(data), big_endian_(big_endian) {}

  std::optional<std::uint16_t> u16(std::size_t position) const;
  std::optional<std::uint32_t> u32(std::size_t position) const;

  std::span<const std::uint8_t> data_;
  bool big_endian_ = false;
};

}  // namespace diptych::image
