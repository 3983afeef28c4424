#pragma once

#include <string_view>

// What other programs leave in texts that were once part of a page, or in another encoding.

namespace diptych {

/// Returns whether a text has HTML's tags that end or break something.
inline bool has_markup(std::string_view text) {
  return text.find("</") != std::string_view::npos || text.find("<br") != std::string_view::npos;
}

/// Returns whether a text has U+FFFD, which stands for a character that could not be decoded.
inline bool has_lost_character(std::string_view text) {
  return text.find("\uFFFD") != std::string_view::npos;
}

/// Returns whether a text has a character that only moves or rings a terminal: C0 but white space,
/// DEL.
inline bool has_control_character(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && (c < '\t' || c > '\r')) || byte == 0x7F) return true;
  }
  return false;
}

}  // namespace diptych
