#pragma once

#include <string>
#include <string_view>

namespace diptych::text {

/// Repairs a text as ftfy 6.3.1's fix_text does with its default settings, line by line and until
/// nothing changes: character references (until a line with "<" shows that the text is HTML),
/// mojibake, ligatures, full and half width, curly quotes, line ends, terminal escapes, control
/// characters, normal form C. Thread-safe.
std::u32string fix_text(std::u32string_view text);

}  // namespace diptych::text
