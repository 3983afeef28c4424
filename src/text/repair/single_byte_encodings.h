#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace diptych::text {

/// An encoding of one byte a character whose first half is ASCII. A "sloppy" one also encodes
/// U+FFFD, as byte 1A (SUBSTITUTE): a character that was lost on the way here.
struct SingleByteEncoding {
  std::u16string_view upper_half;  // what bytes 80 to FF mean, 128 characters
  bool sloppy = false;
  bool macintosh = false;
};

/// Returns the encodings in which mojibake is looked for, the likeliest first. Bytes that an
/// encoding leaves undefined mean the C1 control of the same number, as in browsers.
std::span<const SingleByteEncoding> mojibake_encodings();

/// Returns the bytes of a text, or nothing when it has a character that the encoding has not.
std::optional<std::string> encode(std::u32string_view text, const SingleByteEncoding& encoding);

/// Returns what a C1 control character (80 to 9F) means when it was a byte of Windows-1252.
char32_t windows_1252(char32_t control);

}  // namespace diptych::text
