#pragma once

#include <string>
#include <string_view>

namespace diptych::text {

/// Returns a text repaired, then its character references unescaped twice: what open_clip does to
/// texts for every tokenizer.
std::u32string clip_repair(std::u32string_view text);

}  // namespace diptych::text
