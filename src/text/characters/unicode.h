#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace diptych::text {

// Code points, their properties and their normal forms, after ICU's Unicode version. Everything
// here is thread-safe.

/// Returns the code points of a UTF-8 text. Throws Error(invalid_argument) naming the offset, in
/// bytes, of the first sequence that is not UTF-8 (overlong forms, surrogates and truncation
/// included).
std::u32string decode_utf8(std::string_view text);

/// Does the same, with U+FFFD for each maximal invalid sequence, as browsers and Python's "replace"
/// do.
std::u32string decode_utf8_lossy(std::string_view text);

std::string encode_utf8(std::u32string_view text);

/// U+FFFD, what stands for a character that could not be read.
inline constexpr char32_t kReplacement = 0xFFFD;

bool is_ascii(std::string_view text);
/// Returns whether it is one of U+0080 to U+009F.
inline bool is_c1_control(char32_t character) {
  return character >= 0x80 && character <= 0x9F;
}

/// Follows Python's str.isspace: what separates words in both tokenizer families.
bool is_whitespace(char32_t character);
/// Returns what Unicode calls white space: Python's notion without the four separators among the
/// controls.
bool is_unicode_space(char32_t character);
/// Returns whether it is of general category L*.
bool is_letter(char32_t character);
/// Returns whether it is of general category N*.
bool is_number(char32_t character);
/// Returns whether it is of general category Nd.
bool is_decimal_digit(char32_t character);
/// Returns whether it is of general category P*.
bool is_punctuation(char32_t character);
/// Returns whether it is of general category Cc or Cf.
bool is_control(char32_t character);
/// Returns whether it is of general category Mn.
bool is_nonspacing_mark(char32_t character);

enum class NormalForm { nfc, nfd, nfkc };

std::u32string normalise(std::u32string_view text, NormalForm form);

/// Maps to lower case in full, without a language (final sigma included).
std::u32string lower_case(std::u32string_view text);
/// Does the same character by character, as tokenizers in Rust do: a sigma knows of no end of a
/// word.
std::u32string lower_case_of_each(std::u32string_view text);
std::u32string upper_case(std::u32string_view text);

}  // namespace diptych::text
