#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace diptych::checkpoint {

/// Reads little-endian values from bytes that it never leaves: every read beyond the end throws
/// Error(corrupt_data), saying where. `format` and `name` (of the file) are for messages.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string format, std::string name)
      : bytes_(bytes), format_(std::move(format)), name_(std::move(name)) {}

  template <typename T>
  T read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > remaining()) {
      fail(ErrorCode::corrupt_data, "{}: got {} bytes at offset {}, expected {} ({})", format_,
           remaining(), position_, count, name_);
    }
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

  std::string_view take_text(std::uint64_t count) {
    const auto taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  void skip(std::uint64_t count) { take(count); }

  void seek(std::uint64_t position) {
    if (position > bytes_.size()) {
      fail(ErrorCode::corrupt_data, "{}: got offset {}, expected at most {} ({})", format_,
           position, bytes_.size(), name_);
    }
    position_ = position;
  }

  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  const std::string& name() const { return name_; }

 private:
  std::span<const std::byte> bytes_;
  std::string format_;
  std::string name_;
  std::size_t position_ = 0;
};

}  // namespace diptych::checkpoint
