#include "text/repair/fix_encoding.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "text/characters/character_classes.h"
#include "text/characters/unicode.h"
#include "text/repair/altered_utf8.h"
#include "text/repair/badness.h"
#include "text/repair/single_byte_encodings.h"

namespace diptych::text {
namespace {

bool has_class(std::u32string_view text, std::size_t at, CharacterClasses classes) {
  return at < text.size() && (character_classes(text[at]) & classes) != 0;
}

/// The text whose UTF-8 was read in this encoding, or nothing when it cannot have been.
std::optional<std::u32string> decode_again(std::u32string_view text,
                                           const SingleByteEncoding& encoding) {
  std::optional<std::string> bytes = encode(text, encoding);
  if (!bytes) return std::nullopt;
  // Not on the Macintosh, where a dash followed by a space would count.
  if (!encoding.macintosh) bytes = restore_byte_a0(*bytes);
  if (encoding.sloppy) bytes = replace_lossy_sequences(*bytes);
  return decode_utf8_variants(*bytes);
}

/// The length of one character of UTF-8 as a single-byte encoding shows it, or 0.
std::size_t mojibake_character(std::u32string_view text) {
  constexpr CharacterClasses kFirst[] = {kUtf8FirstOf2, kUtf8FirstOf3, kUtf8FirstOf4};
  for (std::size_t following = 1; following <= std::size(kFirst); ++following) {
    if (!has_class(text, 0, kFirst[following - 1])) continue;
    std::size_t i = 1;
    while (i <= following && has_class(text, i, kUtf8Continuation)) ++i;
    if (i > following) return i;
  }
  return 0;
}

/// The length of the run of such characters that starts at `at`, or 0. None starts right after what
/// looks like the rest of another, lest a garble be repaired in half.
std::size_t mojibake_run(std::u32string_view text, std::size_t at) {
  if (at > 0 && has_class(text, at - 1, kUtf8ContinuationStrict)) return 0;
  std::size_t end = at;
  while (const std::size_t length = mojibake_character(text.substr(end))) end += length;
  return end - at;
}

/// Repairs the runs that look like UTF-8 one by one, for text that mixes encodings.
std::u32string decode_inconsistent_utf8(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = mojibake_run(text, i);
    const std::u32string_view run = text.substr(i, std::max<std::size_t>(length, 1));
    // Only shorter text, or the recursion would not end.
    if (length > 0 && length < text.size() && is_bad(run)) {
      result += fix_encoding(run);
    } else {
      result += run;
    }
    i += run.size();
  }
  return result;
}

std::u32string fix_once(std::u32string_view text) {
  if (!is_bad(text)) return std::u32string(text);
  for (const SingleByteEncoding& encoding : mojibake_encodings()) {
    if (auto decoded = decode_again(text, encoding)) return *std::move(decoded);
  }
  std::u32string result = decode_inconsistent_utf8(text);
  if (result != text) return result;
  for (char32_t& character : result) {
    if (is_c1_control(character)) character = windows_1252(character);
  }
  return result;
}

}  // namespace

std::u32string fix_encoding(std::u32string_view text) {
  std::u32string result(text);
  const auto is_ascii_character = [](char32_t character) { return character < 0x80; };
  while (!std::all_of(result.begin(), result.end(), is_ascii_character)) {
    std::u32string fixed = fix_once(result);
    if (fixed == result) break;
    result = std::move(fixed);
  }
  return result;
}

}  // namespace diptych::text
