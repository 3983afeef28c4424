#include "text/wordpiece/basic_tokenizer.h"

#include <algorithm>

#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

/// Line breaks and tabs are controls in Unicode, but separate words here.
bool is_kept_control(char32_t c) {
  return c == '\t' || c == '\n' || c == '\r';
}

bool is_removed(char32_t c) {
  if (c < 0x7F) return c < 0x20 && !is_kept_control(c);
  return c == 0xFFFD || is_control(c);
}

/// Those tokenizers know an older Unicode, without these formats.
bool is_removed_by_transformers(char32_t c) {
  const bool newer =
      c == 0x890 || c == 0x891 || c == 0x8E2 || c == 0x110CD || (c >= 0x13430 && c <= 0x13438);
  const bool private_use = (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000;
  return private_use ? (c & 0xFFFE) != 0xFFFE : is_removed(c) && !newer;
}

/// All of ASCII that is neither letter nor digit counts, also what Unicode calls a symbol ($ + < =
/// > ^ ` | ~).
bool is_word_breaking_mark(char32_t c) {
  if (c < 0x80) {
    return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
           (c >= 0x7B && c <= 0x7E);
  }
  return is_punctuation(c);
}

std::u32string without_accents(std::u32string_view word) {
  std::u32string result = normalise(word, NormalForm::nfd);
  std::erase_if(result, [](char32_t c) { return c >= 0x300 && is_nonspacing_mark(c); });
  return result;
}

/// Appends the words of one run without whitespace or ideographs inside.
void append_run(std::u32string_view run, bool as_transformers, std::vector<std::u32string>& words) {
  bool starts_word = true;
  const std::u32string lower =
      as_transformers ? lower_case_of_each(without_accents(run)) : without_accents(lower_case(run));
  for (const char32_t c : lower) {
    const bool mark = is_word_breaking_mark(c);
    if (mark || starts_word) words.emplace_back();
    words.back().push_back(c);
    starts_word = mark;
  }
}

}  // namespace

bool is_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::vector<std::u32string> basic_tokens(std::u32string_view text, bool as_transformers) {
  std::vector<std::u32string> words;
  std::u32string run;
  const auto end_run = [&] {
    if (!run.empty()) append_run(run, as_transformers, words);
    run.clear();
  };
  for (const char32_t c : text) {
    if (as_transformers ? is_removed_by_transformers(c) : is_removed(c)) continue;
    const bool ideograph = is_ideograph(c);
    if (ideograph || is_whitespace(c)) end_run();
    if (ideograph) append_run({&c, 1}, as_transformers, words);
    if (!ideograph && !is_whitespace(c)) run.push_back(c);
  }
  end_run();
  return words;
}

}  // namespace diptych::text
