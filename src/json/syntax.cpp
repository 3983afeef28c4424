#include "json/syntax.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"

namespace diptych {
namespace {

constexpr std::size_t kLongestKeyNamed = 60;
constexpr std::string_view kBlanks = " \t\r\n";

/// A string, a sign, a number or a literal of the text, well-formed or not.
struct Word {
  std::size_t start = 0;
  std::size_t end = 0;
  bool is_string = false;
  bool is_cut = false;  ///< a string that nothing closes
};

Word word_at(std::string_view text, std::size_t start) {
  constexpr std::string_view kSigns = "{}[],:";
  if (kSigns.find(text[start]) != std::string_view::npos) return {start, start + 1};
  if (text[start] != '"') {
    const std::size_t end = text.find_first_of(" \t\r\n{}[],:\"", start);
    return {start, std::min(end, text.size())};
  }
  std::size_t end = start + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  const bool is_cut = end >= text.size();
  return {start, is_cut ? text.size() : end + 1, true, is_cut};
}

/// The word that holds a byte, or the last one before it.
Word word_with(std::string_view text, std::size_t byte) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  Word word;
  std::size_t next = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while ((next = text.find_first_not_of(kBlanks, next)) <= byte) {
    word = word_at(text, next);
    next = word.end;
  }
  return word;
}

std::string shown(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code > 0x20 && code < 0x7F ? fmt::format("'{}'", byte) : fmt::format("0x{:02X}", code);
}

std::string expected_in_object(const JsonPlace& place, bool after_comma) {
  if (place.key) {
    return place.key->size() > kLongestKeyNamed
               ? std::string("a colon and a value after a key")
               : fmt::format("a colon and a value after the key \"{}\"", *place.key);
  }
  if (after_comma) return "a key in double quotes";
  return place.is_begun ? "',' or '}'" : "a key in double quotes, or '}'";
}

std::string expected_at(const JsonPlace& place, bool after_comma) {
  switch (place.inside) {
    case JsonPlace::Inside::object:
      return expected_in_object(place, after_comma);
    case JsonPlace::Inside::list:
      if (after_comma) return "a value";
      return place.is_begun ? "',' or ']'" : "a value, or ']'";
    case JsonPlace::Inside::nothing:
      break;
  }
  return place.is_begun ? "nothing more" : "a value";
}

}  // namespace

std::string describe_syntax_error(std::string_view text, std::size_t read, const JsonPlace& place) {
  if (text.find_first_not_of(kBlanks) == std::string_view::npos)
    return "got nothing, expected an object or a list";
  const std::size_t last = std::min(read, text.size()) - 1;
  const Word word = word_with(text, last);
  if (read > text.size()) {
    const bool after_comma = text[word.end - 1] == ',';
    return fmt::format("got its end at byte {}, expected {}", text.size(),
                       word.is_cut ? "a double quote" : expected_at(place, after_comma));
  }
  if (word.is_string && last + 1 < word.end) {
    return fmt::format("got {} at byte {}, within a text, expected {}", shown(text[last]), last,
                       is_utf8(text) ? "what JSON allows there" : "UTF-8");
  }
  const std::size_t before = text.substr(0, word.start).find_last_not_of(kBlanks);
  const bool after_comma = before != std::string_view::npos && text[before] == ',';
  return fmt::format("got {} at byte {}, expected {}", shown(text[word.start]), word.start,
                     expected_at(place, after_comma));
}

}  // namespace diptych
