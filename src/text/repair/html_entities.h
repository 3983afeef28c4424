#pragma once

#include <string>
#include <string_view>

namespace diptych::text {

/// Replaces character references as an HTML5 parser does: numeric ones, and names with or without
/// the semicolon, the longest name that fits counting ("&notit;" is "¬it;"). Equal to Python's
/// html.unescape. Thread-safe.
std::u32string unescape_html(std::u32string_view text);

/// Replaces only what is plainly a character reference: it ends with a semicolon, and all of it is
/// one. Also takes names all in capitals ("&EACUTE;" is "É"). Equal to ftfy 6.3.1's unescape_html.
/// Thread-safe.
std::u32string unescape_plain_entities(std::u32string_view text);

}  // namespace diptych::text
