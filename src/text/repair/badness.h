#pragma once

#include <string_view>

namespace diptych::text {

/// Returns whether a text looks like mojibake: text that was encoded in UTF-8 and decoded as
/// something else. True when it holds one of the sequences of characters that ftfy 6.3.1 knows to
/// be far likelier so than meant, such as an accented lower-case letter before a currency sign.
/// Thread-safe.
bool is_bad(std::u32string_view text);

}  // namespace diptych::text
