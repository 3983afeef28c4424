#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::text {

/// Returns whether a character is in one of the Unicode blocks of ideographs that BERT isolates.
/// Kana and Hangul are written in words and are not.
bool is_ideograph(char32_t c);

/// Splits a text as BERT's first stage (Devlin et al., 2018, the "uncased" models): control
/// characters removed, every CJK ideograph a word of its own, words at whitespace, lower-cased,
/// accents stripped (NFD without its nonspacing marks), every punctuation mark a word of its own.
/// As transformers' fast tokenizers do it, private-use characters go too, and each character's
/// lower case is its own. Thread-safe.
std::vector<std::u32string> basic_tokens(std::u32string_view text, bool as_transformers = false);

}  // namespace diptych::text
