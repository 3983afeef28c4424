#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "image/decoder.h"

namespace diptych::image {

/// Reads a file's bytes in order, little-endian. Reading past the end throws Error(corrupt_data)
/// that says how many bytes are missing.
class EncodedReader {
 public:
  EncodedReader(const EncodedPicture& source, const char* format)
      : source_(source), format_(format) {}

  std::size_t position() const { return position_; }
  bool at_end() const { return position_ >= source_.size(); }
  /// Moves to a position; one past the end is found out by the next read.
  void seek(std::size_t position) { position_ = position; }

  /// Returns the next `count` bytes.
  std::span<const std::uint8_t> take(std::size_t count) {
    const std::size_t left = source_.size() - std::min(position_, source_.size());
    if (count > left)
      source_.fail_corrupt(fmt::format("{}: got {} bytes, expected at least {} more", format_,
                                       source_.size(), position_ + count - source_.size()));
    const std::span bytes(source_.data() + position_, count);
    position_ += count;
    return bytes;
  }

  std::uint8_t u8() { return take(1)[0]; }
  std::uint16_t u16() {
    const auto bytes = take(2);
    return static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
  }
  std::uint32_t u32() {
    const std::uint32_t low = u16();
    return low | static_cast<std::uint32_t>(u16()) << 16;
  }

 private:
  const EncodedPicture& source_;
  const char* format_;
  std::size_t position_ = 0;
};

}  // namespace diptych::image
