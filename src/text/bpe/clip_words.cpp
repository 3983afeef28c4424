#include "text/bpe/clip_words.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "text/bpe/byte_level_bpe.h"
#include "text/bpe/words.h"
#include "text/characters/unicode.h"
#include "text/repair/clip_repair.h"

namespace diptych::text {
namespace {

/// The pattern ignores case. Of all lower-case text, that lets only the long s stand for another.
char32_t folded(char32_t c) {
  return c == U'ſ' ? U's' : c;
}

bool starts_with_folded(std::u32string_view text, std::u32string_view literal) {
  if (text.size() < literal.size()) return false;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (folded(text[i]) != literal[i]) return false;
  }
  return true;
}

template <std::size_t Count>
std::size_t literal_length(std::u32string_view text,
                           const std::array<std::u32string_view, Count>& literals) {
  for (const std::u32string_view literal : literals) {
    if (starts_with_folded(text, literal)) return literal.size();
  }
  return 0;
}

/// What no part of the pattern matches: whitespace, and the Greek iota subscript, a mark of which
/// the letter iota is the upper case (the pattern ignores case, and takes it neither for a letter
/// nor for anything else).
bool is_skipped(char32_t c) {
  constexpr char32_t kIotaSubscript = 0x345;
  return is_whitespace(c) || c == kIotaSubscript;
}

bool is_unskipped_other(char32_t c) {
  return !is_skipped(c) && !is_letter(c) && !is_number(c);
}

/// The length of the word that the text starts with; it does not start with a skipped one.
std::size_t word_length(std::u32string_view text,
                        const std::array<std::u32string_view, 2>& special_tokens) {
  if (text[0] == '<') {
    if (const std::size_t length = literal_length(text, special_tokens)) return length;
  }
  if (text[0] == '\'') {
    if (const std::size_t length = literal_length(text, kContractions)) return length;
  }
  if (is_letter(text[0])) return run_length(text, is_letter);
  if (is_number(text[0])) return 1;
  return run_length(text, is_unskipped_other);
}

/// The same in transformers' pattern; 0 before what separates.
std::size_t piece_length(std::u32string_view text,
                         const std::array<std::u32string_view, 2>& special_tokens) {
  for (const std::u32string_view token : special_tokens) {
    if (text.starts_with(token)) return token.size();
  }
  if (const std::size_t length = contraction_length(text)) return length;
  if (is_letter(text[0])) return run_length(text, is_letter);
  if (is_number(text[0])) return 1;
  return run_length(text, is_other);
}

}  // namespace

std::u32string clip_clean(std::u32string_view text) {
  return lower_case(clip_repair(text));
}

std::u32string transformers_clip_clean(std::u32string_view text) {
  return lower_case_of_each(normalise(text, NormalForm::nfc));
}

std::vector<std::u32string_view> transformers_clip_words(
    std::u32string_view text, const std::array<std::u32string_view, 2>& special_tokens) {
  std::vector<std::u32string_view> words;
  while (!text.empty()) {
    const std::size_t length = piece_length(text, special_tokens);
    if (length > 0)
      std::ranges::copy(byte_level_words(text.substr(0, length)), std::back_inserter(words));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return words;
}

std::vector<std::u32string_view> clip_words(
    std::u32string_view text, const std::array<std::u32string_view, 2>& special_tokens) {
  std::vector<std::u32string_view> words;
  while (!text.empty()) {
    const std::size_t length = is_skipped(text[0]) ? 0 : word_length(text, special_tokens);
    if (length > 0) words.push_back(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return words;
}

}  // namespace diptych::text
