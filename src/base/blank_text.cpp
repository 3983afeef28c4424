#include "diptych/blank_text.h"

#include <algorithm>
#include <array>

namespace diptych {
namespace {

/// Unicode's white space beyond ASCII, and what takes no place: no-break and other spaces, zero
/// width ones, joiners, fillers, marks of direction and of variants, the byte order mark.
constexpr auto kBlanks = std::to_array<std::string_view>({
    "\u0085", "\u00A0", "\u00AD", "\u034F", "\u061C", "\u115F", "\u1160", "\u1680", "\u180E",
    "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200A", "\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u2028", "\u2029",
    "\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u202F", "\u205F", "\u2060", "\u2061",
    "\u2062", "\u2063", "\u2064", "\u2066", "\u2067", "\u2068", "\u2069", "\u2800", "\u3000",
    "\u3164", "\uFE0E", "\uFE0F", "\uFEFF", "\uFFA0",
});

bool is_ascii_blank(char c) {
  return (c > '\0' && c <= ' ') || c == '\x7F';
}

}  // namespace

bool is_blank(std::string_view text) noexcept {
  while (!text.empty()) {
    if (is_ascii_blank(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    const auto* const blank = std::ranges::find_if(
        kBlanks, [&](std::string_view candidate) { return text.starts_with(candidate); });
    if (blank == kBlanks.end()) return false;
    text.remove_prefix(blank->size());
  }
  return true;
}

}  // namespace diptych
