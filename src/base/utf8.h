#pragma once

#include <string>
#include <string_view>

namespace diptych {

/// Returns whether the bytes are UTF-8 as Unicode 15 table 3-7 defines it: no overlong forms, no
/// surrogates, nothing above U+10FFFF. Empty text is.
bool is_utf8(std::string_view text) noexcept;

/// Appends a character, at most U+10FFFF, as UTF-8.
void append_utf8(std::string& text, char32_t character);

}  // namespace diptych
