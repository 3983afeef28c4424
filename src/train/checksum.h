#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace diptych::train {

/// CRC-32 of bytes and texts in the order they are added. It notices damage, not malice.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    value_ = ::crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  }
  /// Adds a text with its length, so that neighbouring texts do not run into each other.
  void add(std::string_view text) {
    const std::uint64_t size = text.size();
    add(std::as_bytes(std::span(&size, 1)));
    add(std::as_bytes(std::span(text)));
  }
  /// Returns eight hexadecimal digits.
  std::string text() const;

 private:
  uLong value_ = ::crc32_z(0, nullptr, 0);
};

}  // namespace diptych::train
