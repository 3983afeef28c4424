#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::text {

/// Cleans a text as CLIP: text repair, character references unescaped twice, lower case. (The
/// references also collapse whitespace, which `clip_words` skips anyway.)
std::u32string clip_clean(std::u32string_view text);

/// Cleans a text as CLIP in transformers: composed (NFC), each character's lower case; nothing is
/// repaired.
std::u32string transformers_clip_clean(std::u32string_view text);

/// Cuts a text so cleaned where the pattern in transformers does, which does not ignore case, and
/// then where that of GPT-2 does. Views into `text`.
std::vector<std::u32string_view> transformers_clip_words(
    std::u32string_view text, const std::array<std::u32string_view, 2>& special_tokens);

/// Cuts a cleaned text where CLIP's pattern does: special tokens, the endings of English
/// contractions ('s 't 're 've 'm 'll 'd), runs of letters, single digits, runs of anything else;
/// whitespace separates. Views into `text`.
std::vector<std::u32string_view> clip_words(
    std::u32string_view text, const std::array<std::u32string_view, 2>& special_tokens);

}  // namespace diptych::text
