#include "text/repair/html_entities.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/error.h"
#include "text/characters/unicode.h"
#include "text/repair/single_byte_encodings.h"

namespace diptych {
namespace embedded {
std::span<const std::byte> html_entities();
}

namespace text {
namespace {

using Entities = std::unordered_map<std::string, std::u32string>;

/// The longest name or number that is looked at, in characters (the references' limits).
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kLongestPlainName = 24;

std::u32string parse_code_points(std::string_view field) {
  std::u32string result;
  while (!field.empty()) {
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(field.data(), field.data() + field.size(), value, 16);
    ensure(parsed.ec == std::errc(), "html_entities.tsv holds hexadecimal numbers");
    result.push_back(value);
    field.remove_prefix(static_cast<std::size_t>(parsed.ptr - field.data()));
    if (field.starts_with(' ')) field.remove_prefix(1);
  }
  return result;
}

/// HTML5's names, without "&"; most end with a semicolon, 106 are also known without.
const Entities& entities() {
  static const Entities table = [] {
    const auto bytes = embedded::html_entities();
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Entities result;
    result.reserve(2300);
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      const std::size_t tab = line.find('\t');
      result.emplace(line.substr(0, tab), parse_code_points(line.substr(tab + 1)));
      rest.remove_prefix(end + 1);
    }
    return result;
  }();
  return table;
}

std::string ascii_prefix(std::u32string_view text) {
  std::string result;
  for (const char32_t character : text) {
    if (character >= 0x80) break;
    result.push_back(static_cast<char>(character));
  }
  return result;
}

bool is_ascii_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

bool is_ascii_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// 0 to 15, or nothing.
std::optional<std::uint32_t> hexadecimal_digit(char32_t c) {
  if (is_ascii_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Code points that a reference drops: controls and noncharacters.
bool is_dropped(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

/// The character of a numeric reference, by HTML5's rules for numbers that are not characters.
std::u32string numbered_character(char32_t number) {
  if (number == 0 || (number >= 0xD800 && number <= 0xDFFF) || number > 0x10FFFF) {
    return {kReplacement};
  }
  if (number >= 0x80 && number <= 0x9F) return {windows_1252(number)};
  if (is_dropped(number)) return {};
  return {number};
}

struct Reference {
  std::size_t length = 0;  // characters of the source, 0 when it is no reference
  std::u32string value;
};

/// "&#...": at least one digit, then perhaps a semicolon.
Reference numeric_reference(std::u32string_view text) {
  const bool hexadecimal = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const std::uint32_t base = hexadecimal ? 16 : 10;
  const std::size_t start = hexadecimal ? 3 : 2;
  std::size_t i = start;
  std::uint32_t number = 0;
  for (; i < text.size(); ++i) {
    const auto digit = hexadecimal_digit(text[i]);
    if (!digit || *digit >= base) break;
    number = std::min<std::uint32_t>(number * base + *digit, 0x110000);
  }
  if (i == start) return {};
  if (i < text.size() && text[i] == ';') ++i;
  return {i, numbered_character(number)};
}

bool ends_name(char32_t c) {
  return c == '\t' || c == '\n' || c == '\f' || c == ' ' || c == '<' || c == '&' || c == '#' ||
         c == ';';
}

/// "&name;", or the longest known name that "&..." starts with.
Reference named_reference(std::u32string_view text) {
  std::size_t end = 1;
  while (end < text.size() && end <= kLongestName && !ends_name(text[end])) ++end;
  if (end == 1) return {};
  if (end < text.size() && text[end] == ';') ++end;
  std::string name = ascii_prefix(text.substr(1, end - 1));
  for (; name.size() > 1; name.pop_back()) {
    const auto found = entities().find(name);
    // The reference continues after the whole run, so that what follows the name is taken as it is.
    if (found != entities().end()) {
      return {end,
              found->second + std::u32string(text.substr(1 + name.size(), end - 1 - name.size()))};
    }
  }
  return {end, std::u32string(text.substr(0, end))};
}

Reference html_reference(std::u32string_view text) {
  const bool numeric = text.size() > 1 && text[1] == '#';
  return numeric ? numeric_reference(text) : named_reference(text);
}

/// HTML's lower-case names in capitals, where HTML itself gives them no meaning.
const Entities& capital_entities() {
  static const Entities table = [] {
    Entities result;
    for (const auto& [name, value] : entities()) {
      std::string capitals = name;
      const auto to_capital = [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      };
      std::transform(name.begin(), name.end(), capitals.begin(), to_capital);
      const bool lower =
          std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
      if (!lower || !name.ends_with(';')) continue;
      const std::u32string reference = U'&' + std::u32string(capitals.begin(), capitals.end());
      if (unescape_html(reference) == reference) result.emplace(capitals, upper_case(value));
    }
    return result;
  }();
  return table;
}

/// "&name;" or "&#number;", all of it known.
Reference plain_reference(std::u32string_view text) {
  std::size_t end = 1;
  const bool numeric = text.size() > 1 && text[1] == '#';
  if (numeric) ++end;
  const std::size_t start = end;
  while (end < text.size() && (is_ascii_letter(text[end]) || is_ascii_digit(text[end]))) ++end;
  if (end == start || end - start > kLongestPlainName || end == text.size() || text[end] != ';') {
    return {};
  }
  ++end;
  if (numeric) {
    Reference reference = numeric_reference(text.substr(0, end));
    // A semicolon in the value is either one that was not part of the reference, or "&#59;", which
    // the reference program takes for the same.
    const bool whole = reference.length == end && reference.value != U";";
    return whole ? reference : Reference{};
  }
  const std::string name = ascii_prefix(text.substr(1, end - 1));
  for (const Entities* table : {&entities(), &capital_entities()}) {
    const auto found = table->find(name);
    if (found != table->end()) return {end, found->second};
  }
  return {};
}

/// Replaces every reference that `find` recognises at an ampersand.
template <typename Find>
std::u32string replace_references(std::u32string_view text, Find find) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t next = std::min(text.find(U'&'), text.size());
    result += text.substr(0, next);
    text.remove_prefix(next);
    if (text.empty()) break;
    const Reference reference = find(text);
    result += reference.length == 0 ? std::u32string(1, U'&') : reference.value;
    text.remove_prefix(std::max<std::size_t>(reference.length, 1));
  }
  return result;
}

}  // namespace

std::u32string unescape_html(std::u32string_view text) {
  return replace_references(text, html_reference);
}

std::u32string unescape_plain_entities(std::u32string_view text) {
  return replace_references(text, plain_reference);
}

}  // namespace text
}  // namespace diptych
