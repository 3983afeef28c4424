#include "text/repair/cleaning.h"

#include "text/characters/unicode.h"
#include "text/repair/clip_repair.h"

namespace diptych::text {
namespace {

/// Runs of whitespace become one space, none at the ends, as Python's " ".join(text.split()).
std::u32string collapse_whitespace(std::u32string_view text) {
  std::u32string result;
  bool pending = false;
  for (const char32_t character : text) {
    if (is_whitespace(character)) {
      pending = !result.empty();
      continue;
    }
    if (pending) result += U' ';
    pending = false;
    result += character;
  }
  return result;
}

/// Python's string.punctuation.
bool is_ascii_punctuation(char32_t c) {
  return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
         (c >= 0x7B && c <= 0x7E);
}

/// big_vision's canonicalize_text, which SigLIP was trained with.
std::u32string canonicalize(std::u32string text) {
  for (char32_t& c : text) {
    if (c == U'_') c = U' ';
  }
  std::erase_if(text, is_ascii_punctuation);
  return lower_case(text);
}

}  // namespace

std::string clean(std::string_view text, Cleaning cleaning) {
  std::u32string result = decode_utf8(text);
  if (cleaning == Cleaning::none) return std::string(text);
  if (cleaning == Cleaning::only_lower) return encode_utf8(lower_case_of_each(result));
  if (cleaning == Cleaning::remove_punctuation) {
    std::erase_if(result, is_ascii_punctuation);
    return encode_utf8(collapse_whitespace(lower_case(result)));
  }
  result = clip_repair(result);
  if (cleaning == Cleaning::canonicalize) result = canonicalize(std::move(result));
  result = collapse_whitespace(result);
  if (cleaning == Cleaning::lower) result = lower_case(result);
  return encode_utf8(result);
}

}  // namespace diptych::text
