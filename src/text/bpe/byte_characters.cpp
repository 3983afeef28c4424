#include "text/bpe/byte_characters.h"

#include <cstdint>

#include "base/error.h"
#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

constexpr int kBytes = 256;

/// Bytes that are written as the Latin-1 character of the same number.
bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

}  // namespace

std::array<char, kBytes> bytes_in_order() {
  std::array<char, kBytes> result = {};
  std::size_t next = 0;
  for (const bool printable : {true, false}) {
    for (int byte = 0; byte < kBytes; ++byte) {
      if (is_printable(byte) == printable) result[next++] = static_cast<char>(byte);
    }
  }
  return result;
}

std::string token_bytes(std::string_view written) {
  static const std::array<char, kBytes> bytes = bytes_in_order();
  constexpr std::size_t kPrintable = 188;
  if (is_ascii(written)) return std::string(written);
  std::string result;
  for (const char32_t character : decode_utf8(written)) {
    const std::size_t other = kPrintable + character - kBytes;
    if (character >= kBytes && other >= bytes.size()) {
      fail(ErrorCode::corrupt_data, "merges: got U+{:04X}, expected a byte's character",
           static_cast<std::uint32_t>(character));
    }
    result.push_back(character < kBytes ? static_cast<char>(character) : bytes[other]);
  }
  return result;
}

}  // namespace diptych::text
