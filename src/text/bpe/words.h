#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "text/characters/unicode.h"

namespace diptych::text {

// What the patterns of GPT-2's and CLIP's tokenizers, which cut a text into words, have in common.

inline constexpr std::array<std::u32string_view, 7> kContractions = {U"'s", U"'t",  U"'re", U"'ve",
                                                                     U"'m", U"'ll", U"'d"};

/// Returns whether it is neither space, letter nor number.
inline bool is_other(char32_t c) {
  return !is_unicode_space(c) && !is_letter(c) && !is_number(c);
}

/// Returns how many of the first characters satisfy the predicate.
template <typename Predicate>
std::size_t run_length(std::u32string_view text, Predicate predicate) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), predicate) -
                                  text.begin());
}

/// Returns the length of the contraction that the text starts with; 0 when with none.
inline std::size_t contraction_length(std::u32string_view text) {
  for (const std::u32string_view ending : kContractions) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

}  // namespace diptych::text
