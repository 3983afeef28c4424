#include "text/repair/fix_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "text/characters/unicode.h"
#include "text/repair/fix_encoding.h"
#include "text/repair/html_entities.h"
#include "text/repair/single_byte_encodings.h"

namespace diptych::text {
namespace {

/// A longer line is repaired in parts of this many characters.
constexpr std::size_t kLongestSegment = 1'000'000;
/// A line is repaired again while it changes, but not more often than this. The reference goes on:
/// its time is quadratic in the length of "&amp;amp;amp;...".
constexpr int kMostPasses = 50;
constexpr char32_t kEscape = 0x1B;

/// Ligatures and digraphs of Latin letters that come from typesetting or old encodings. Those of
/// spelling, such as "æ", are not among them.
std::u32string_view ligature_letters(char32_t c) {
  static constexpr std::pair<char32_t, std::u32string_view> kLigatures[] = {
      {U'Ĳ', U"IJ"},  {U'ĳ', U"ij"},  {U'ŉ', U"ʼn"}, {U'Ǳ', U"DZ"}, {U'ǲ', U"Dz"}, {U'ǳ', U"dz"},
      {U'Ǆ', U"DŽ"},  {U'ǅ', U"Dž"},  {U'ǆ', U"dž"}, {U'Ǉ', U"LJ"}, {U'ǈ', U"Lj"}, {U'ǉ', U"lj"},
      {U'Ǌ', U"NJ"},  {U'ǋ', U"Nj"},  {U'ǌ', U"nj"}, {U'ﬀ', U"ff"}, {U'ﬁ', U"fi"}, {U'ﬂ', U"fl"},
      {U'ﬃ', U"ffi"}, {U'ﬄ', U"ffl"}, {U'ﬅ', U"ſt"}, {U'ﬆ', U"st"}};
  for (const auto& [ligature, letters] : kLigatures) {
    if (ligature == c) return letters;
  }
  return {};
}

bool has_width_form(char32_t c) {
  return c == 0x3000 || (c >= 0xFF01 && c <= 0xFFEF);
}

/// The character of standard width (sometimes two) for a full-width or half-width one.
const std::u32string& standard_width(char32_t c) {
  static const std::vector<std::u32string> forms = [] {
    std::vector<std::u32string> result;
    for (char32_t form = 0xFF01; form <= 0xFFEF; ++form) {
      result.push_back(normalise({&form, 1}, NormalForm::nfkc));
    }
    return result;
  }();
  static const std::u32string space = U" ";
  return c == 0x3000 ? space : forms[c - 0xFF01];
}

char32_t straight_quote(char32_t c) {
  if (c == 0x02BC || (c >= 0x2018 && c <= 0x201B)) return '\'';
  if (c >= 0x201C && c <= 0x201F) return '"';
  return c;
}

/// Appends a character after the repairs that look at nothing else, in the reference's order.
void append_repaired(char32_t c, std::u32string& out) {
  if (c < 0x80) {
    out.push_back(c);
    return;
  }
  if (is_c1_control(c)) c = windows_1252(c);
  if (const std::u32string_view letters = ligature_letters(c); !letters.empty()) {
    for (const char32_t letter : letters) out.push_back(straight_quote(letter));
  } else if (has_width_form(c)) {
    out += standard_width(c);
  } else {
    out.push_back(straight_quote(c));
  }
}

std::u32string repair_characters(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (const char32_t c : text) append_repaired(c, result);
  return result;
}

bool is_line_end(char32_t c) {
  return c == '\r' || c == 0x2028 || c == 0x2029;
}

/// All line ends, "\r\n" among them, become "\n".
std::u32string fix_line_ends(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    result.push_back(is_line_end(text[i]) ? U'\n' : text[i]);
  }
  return result;
}

/// The length of the terminal escape (such as "ESC[1;31m") that the text starts with, or 0.
std::size_t terminal_escape(std::u32string_view text) {
  if (text.size() < 3 || text[0] != kEscape || text[1] != '[') return 0;
  std::size_t i = 2;
  while (i < text.size() && (text[i] == ';' || is_decimal_digit(text[i]))) ++i;
  if (i == text.size()) return 0;
  const char32_t last = text[i];
  const bool letter = (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z');
  return letter ? i + 1 : 0;
}

/// Control characters without a use in text. Those that make whitespace or guide the rendering
/// (joiners, direction marks, emoji tags) stay.
bool is_useless_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

std::u32string remove_controls(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t escape = terminal_escape(text.substr(i));
    if (escape == 0 && !is_useless_control(text[i])) result.push_back(text[i]);
    i += std::max<std::size_t>(escape, 1);
  }
  return result;
}

/// Printable ASCII without references: nothing to repair.
bool is_plain(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) {
    return (c >= 0x20 && c <= 0x7E && c != '&') || c == '\n' || c == '\t';
  });
}

std::u32string fix_segment(std::u32string_view segment, bool unescape) {
  std::u32string text(segment);
  for (int pass = 0; pass < kMostPasses && !is_plain(text); ++pass) {
    std::u32string fixed = unescape ? unescape_plain_entities(text) : text;
    fixed = repair_characters(fix_encoding(fixed));
    // Lone surrogates, which the reference repairs here, cannot come from UTF-8.
    fixed = normalise(remove_controls(fix_line_ends(fixed)), NormalForm::nfc);
    if (fixed == text) break;
    text = std::move(fixed);
  }
  return text;
}

}  // namespace

std::u32string fix_text(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  bool unescape = true;
  while (!text.empty()) {
    const std::size_t line_feed = text.find(U'\n');
    const std::size_t line = line_feed == text.npos ? text.size() : line_feed + 1;
    const std::u32string_view segment = text.substr(0, std::min(line, kLongestSegment));
    unescape = unescape && segment.find(U'<') == segment.npos;
    result += fix_segment(segment, unescape);
    text.remove_prefix(segment.size());
  }
  return result;
}

}  // namespace diptych::text
