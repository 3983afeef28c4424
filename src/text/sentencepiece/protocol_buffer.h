#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace diptych::text {

/// Writes a message in the encoding of protocol buffers, field by field.
class MessageWriter {
 public:
  void number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
  }
  void bytes(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  void real(int field, float value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xff);
  }
  const std::string& finished() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

/// A field of a message: a number (also the bits of a real one), or bytes.
struct MessageField {
  std::uint64_t number = 0;  ///< which field it is
  std::uint64_t value = 0;
  std::string_view bytes;

  float real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }
};

/// Reads a message that may be hostile. `name` stands for it in messages.
class MessageReader {
 public:
  MessageReader(std::string_view bytes, std::string_view name) : rest_(bytes), name_(name) {}

  /// Returns the next field; none at the end. Throws Error(corrupt_data).
  std::optional<MessageField> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    MessageField field{.number = key >> 3};
    switch (key & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        fail(ErrorCode::corrupt_data,
             "protocol buffer: got wire type {}, expected 0, 1, 2 or 5 ({})", key & 7, name_);
    }
    return field;
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      fail(ErrorCode::corrupt_data, "protocol buffer: got a field of {} bytes, {} are left ({})",
           size, rest_.size(), name_);
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::uint64_t fixed(int size) {
    const std::string_view taken = take(static_cast<std::uint64_t>(size));
    std::uint64_t value = 0;
    for (int i = size - 1; i >= 0; --i)
      value = value << 8 | static_cast<unsigned char>(taken[static_cast<std::size_t>(i)]);
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail(ErrorCode::corrupt_data, "protocol buffer: got a number of more than 64 bits ({})", name_);
  }

  std::string_view rest_;
  std::string_view name_;
};

}  // namespace diptych::text
