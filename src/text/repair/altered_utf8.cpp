#include "text/repair/altered_utf8.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/utf8.h"
#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

struct ByteRange {
  std::uint8_t first = 1;
  std::uint8_t last = 0;  // before `first`: no byte at all
};

using ByteSet = std::array<ByteRange, 3>;
using ByteSequence = std::vector<ByteSet>;

bool contains(const ByteSet& set, char byte) {
  const auto value = static_cast<std::uint8_t>(byte);
  return std::any_of(set.begin(), set.end(), [value](const ByteRange& range) {
    return range.first <= value && value <= range.last;
  });
}

bool starts_with(std::string_view bytes, const ByteSequence& sequence) {
  if (bytes.size() < sequence.size()) return false;
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    if (!contains(sequence[i], bytes[i])) return false;
  }
  return true;
}

/// The length of the first of the sequences that the bytes start with, or 0. All sequences start
/// with a lead byte of UTF-8 or with 1A.
std::size_t matched_length(std::string_view bytes, std::span<const ByteSequence> sequences) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  if (first < 0xC2 && first != 0x1A) return 0;
  for (const ByteSequence& sequence : sequences) {
    if (starts_with(bytes, sequence)) return sequence.size();
  }
  return 0;
}

constexpr ByteSet kSpaceByte = {{{0x20, 0x20}}};
constexpr ByteSet kContinuation = {{{0x80, 0xBF}}};
/// Without 85 (an ellipsis in Windows-1252) and A0 itself.
constexpr ByteSet kLikelyContinuation = {{{0x80, 0x84}, {0x86, 0x9F}, {0xA1, 0xBF}}};
constexpr ByteSet kFirstOf4 = {{{0xF0, 0xF0}}};

/// Sequences with a space that would be one character each, were the space A0. The leads of two are
/// those that make a common letter with A0; of three, E0 A0 and E1 A0 would be rare scripts.
const std::vector<ByteSequence>& spaced_sequences() {
  static const std::vector<ByteSequence> sequences = {
      {{{{0xC2, 0xC3}, {0xC5, 0xC5}, {0xCE, 0xCE}}}, kSpaceByte},
      {{{{0xD0, 0xD0}, {0xD9, 0xD9}}}, kSpaceByte},
      {{{{0xE2, 0xE3}}}, kSpaceByte, kLikelyContinuation},
      {{{{0xE0, 0xE3}}}, kLikelyContinuation, kSpaceByte},
      {kFirstOf4, kSpaceByte, kContinuation, kContinuation},
      {kFirstOf4, kContinuation, kSpaceByte, kContinuation},
      {kFirstOf4, kContinuation, kContinuation, kSpaceByte},
  };
  return sequences;
}

constexpr ByteSet kLost = {{{0x1A, 0x1A}}};
constexpr ByteSet kLostOrQuestion = {{{0x1A, 0x1A}, {'?', '?'}}};
constexpr ByteSet kLostOrContinuation = {{{0x1A, 0x1A}, {0x80, 0xBF}}};
constexpr ByteSet kAnyOfThem = {{{0x1A, 0x1A}, {'?', '?'}, {0x80, 0xBF}}};
constexpr ByteSet kSurrogateLead = {{{0xED, 0xED}}};
constexpr ByteSet kHighSurrogate = {{{0xA0, 0xAF}}};
constexpr ByteSet kLowSurrogate = {{{0xB0, 0xBF}}};
constexpr ByteSet kLeadOf3 = {{{0xE0, 0xEF}}};
constexpr ByteSet kLeadOf4 = {{{0xF0, 0xF4}}};

/// Characters that have lost bytes, the first match counting.
const std::vector<ByteSequence>& lossy_sequences() {
  static const std::vector<ByteSequence> sequences = {
      {{{{0xC2, 0xDF}}}, kLost},
      {{{{0xC2, 0xC3}}}, {{{'?', '?'}}}},
      {kSurrogateLead, kHighSurrogate, kLostOrQuestion, kSurrogateLead, kLowSurrogate, kAnyOfThem},
      {kSurrogateLead, kHighSurrogate, kAnyOfThem, kSurrogateLead, kLowSurrogate, kLostOrQuestion},
      {kLeadOf3, kLostOrQuestion, kLostOrContinuation},
      {kLeadOf3, kLostOrContinuation, kLostOrQuestion},
      {kLeadOf4, kLostOrQuestion, kLostOrContinuation, kLostOrContinuation},
      {kLeadOf4, kLostOrContinuation, kLostOrQuestion, kLostOrContinuation},
      {kLeadOf4, kLostOrContinuation, kLostOrContinuation, kLostOrQuestion},
      {kLost},
  };
  return sequences;
}

/// "Ã " is "à" as a word of its own, unless a Portuguese contraction (às, àquele, àquela, àquilo)
/// or another space follows.
std::string restore_lone_a_grave(std::string_view bytes) {
  constexpr std::string_view kLead = "\xC3 ";
  constexpr std::array<std::string_view, 5> kExceptions = {" ", "quele", "quela", "quilo", "s "};
  std::string result;
  result.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    result.push_back(bytes[i]);
    const std::string_view rest = bytes.substr(i);
    if (!rest.starts_with(kLead)) continue;
    const std::string_view next = rest.substr(kLead.size());
    if (std::none_of(kExceptions.begin(), kExceptions.end(),
                     [next](std::string_view exception) { return next.starts_with(exception); })) {
      result.push_back('\xA0');
    }
  }
  return result;
}

bool is_continuation(char byte) {
  return contains(kContinuation, byte);
}

/// The line feed that ends the bytes. The reference takes the end of a line there for a byte that
/// is still to come, and swallows it.
bool is_final_line_feed(std::string_view bytes, std::size_t at) {
  return bytes[at] == '\n' && at + 1 == bytes.size();
}

bool is_java_null(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\xC0' &&
         (bytes[1] == '\x80' || is_final_line_feed(bytes, 1));
}

bool is_surrogate_pair(std::string_view bytes) {
  return bytes.size() >= 6 && bytes[0] == '\xED' && contains(kHighSurrogate, bytes[1]) &&
         is_continuation(bytes[2]) && bytes[3] == '\xED' && contains(kLowSurrogate, bytes[4]) &&
         (is_continuation(bytes[5]) || is_final_line_feed(bytes, 5));
}

char32_t surrogate_pair(std::string_view bytes) {
  const auto bits = [&](std::size_t at, std::uint32_t mask) {
    return static_cast<std::uint8_t>(bytes[at]) & mask;
  };
  return 0x10000 + (bits(1, 0x0F) << 16) + (bits(2, 0x3F) << 10) + (bits(4, 0x0F) << 6) +
         bits(5, 0x3F);
}

}  // namespace

std::string restore_byte_a0(std::string_view bytes) {
  std::string result = restore_lone_a_grave(bytes);
  for (std::size_t i = 0; i < result.size();) {
    const std::size_t length =
        matched_length(std::string_view(result).substr(i), spaced_sequences());
    const auto start = result.begin() + static_cast<std::ptrdiff_t>(i);
    std::replace(start, start + static_cast<std::ptrdiff_t>(length), ' ', '\xA0');
    i += std::max<std::size_t>(length, 1);
  }
  return result;
}

std::string replace_lossy_sequences(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = matched_length(bytes.substr(i), lossy_sequences());
    if (length == 0) {
      result.push_back(bytes[i]);
    } else {
      append_utf8(result, 0xFFFD);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return result;
}

std::optional<std::u32string> decode_utf8_variants(std::string_view bytes) {
  std::u32string result;
  std::size_t plain = 0;  // where the UTF-8 before `i` starts that is not decoded yet
  const auto decode_plain = [&](std::size_t end) {
    const std::string_view part = bytes.substr(plain, end - plain);
    if (!is_utf8(part)) return false;
    result += decode_utf8(part);
    return true;
  };
  for (std::size_t i = 0; i < bytes.size();) {
    const std::string_view rest = bytes.substr(i);
    const bool null = is_java_null(rest);
    if (!null && !is_surrogate_pair(rest)) {
      ++i;
      continue;
    }
    if (!decode_plain(i)) return std::nullopt;
    result.push_back(null ? U'\0' : surrogate_pair(rest));
    i += null ? 2 : 6;
    plain = i;
  }
  if (!decode_plain(bytes.size())) return std::nullopt;
  return result;
}

}  // namespace diptych::text
