#include "base/utf8.h"

#include <cstddef>
#include <cstdint>

namespace diptych {
namespace {

struct Lead {
  std::size_t following;    // continuation bytes
  std::uint8_t second_low;  // range of the first of them
  std::uint8_t second_high;
};

/// What may follow a lead byte of a sequence of two or more. `following` is 0 for no lead byte.
Lead lead(std::uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};  // below: overlong
  if (byte == 0xED) return {2, 0x80, 0x9F};  // above: surrogates
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};  // below: overlong
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // above: beyond U+10FFFF
  return {0, 0, 0};
}

}  // namespace

void append_utf8(std::string& text, char32_t character) {
  const auto tail = [&](int shift) {
    text.push_back(static_cast<char>(0x80 | (character >> shift & 0x3F)));
  };
  if (character < 0x80) {
    text.push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    text.push_back(static_cast<char>(0xC0 | character >> 6));
    tail(0);
  } else if (character < 0x10000) {
    text.push_back(static_cast<char>(0xE0 | character >> 12));
    tail(6);
    tail(0);
  } else {
    text.push_back(static_cast<char>(0xF0 | character >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  while (i < text.size()) {
    if (byte(i) < 0x80) {
      ++i;
      continue;
    }
    const Lead allowed = lead(byte(i));
    if (allowed.following == 0 || allowed.following >= text.size() - i) return false;
    if (byte(i + 1) < allowed.second_low || byte(i + 1) > allowed.second_high) return false;
    for (std::size_t k = 2; k <= allowed.following; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    i += allowed.following + 1;
  }
  return true;
}

}  // namespace diptych
