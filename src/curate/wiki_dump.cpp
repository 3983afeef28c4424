#include "curate/wiki_dump.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace diptych::curate {

namespace {

constexpr std::string_view kPageOpen = "<page>";
constexpr std::string_view kPageClose = "</page>";
constexpr std::size_t kMaxPage = std::size_t{64} << 20;

/// What stands between `<name ...>` and `</name>`; empty: nothing.
std::string_view element(std::string_view xml, std::string_view open, std::string_view close) {
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t inside = xml.find('>', begin + open.size() - 1);
  if (inside == std::string_view::npos || xml[inside - 1] == '/') return {};
  const std::size_t end = xml.find(close, inside);
  if (end == std::string_view::npos) return {};
  return xml.substr(inside + 1, end - inside - 1);
}

/// The character that a reference ("&lt;", "&#169;") at the beginning stands for, and its length;
/// length 0: none.
struct Reference {
  char32_t character = 0;
  std::size_t length = 0;
};

Reference reference_at(std::string_view text) {
  constexpr std::size_t kMostLetters = 12;
  const std::size_t end = text.substr(0, kMostLetters).find(';');
  if (end == std::string_view::npos) return {};
  const std::string_view name = text.substr(1, end - 1);
  const std::size_t length = end + 1;
  if (name == "lt") return {'<', length};
  if (name == "gt") return {'>', length};
  if (name == "amp") return {'&', length};
  if (name == "quot") return {'"', length};
  if (name == "apos") return {'\'', length};
  if (name == "nbsp") return {' ', length};
  if (name.size() < 2 || name[0] != '#') return {};
  const bool is_hexadecimal = name[1] == 'x' || name[1] == 'X';
  const std::string_view digits = name.substr(is_hexadecimal ? 2 : 1);
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number,
                                             is_hexadecimal ? 16 : 10);
  const bool is_whole = error == std::errc() && stop == digits.data() + digits.size();
  const bool is_character = number > 0 && number < 0x110000 && (number < 0xD800 || number > 0xDFFF);
  return is_whole && is_character ? Reference{number, length} : Reference{};
}

void decode_references(std::string_view xml, std::string& text) {
  text.clear();
  while (true) {
    const std::size_t mark = xml.find('&');
    text += xml.substr(0, mark);
    if (mark == std::string_view::npos) return;
    xml.remove_prefix(mark);
    const Reference reference = reference_at(xml);
    if (reference.length > 0) {
      append_utf8(text, reference.character);
    } else {
      text += '&';
    }
    xml.remove_prefix(std::max<std::size_t>(reference.length, 1));
  }
}

}  // namespace

void WikiDump::read(std::string_view piece) {
  std::size_t searched = buffer_.size() - std::min(buffer_.size(), kPageClose.size());
  buffer_ += piece;
  while (true) {
    if (!is_within_) {
      const std::size_t open = buffer_.find(kPageOpen);
      if (open == std::string::npos) {
        buffer_.erase(0, buffer_.size() - std::min(buffer_.size(), kPageOpen.size()));
        return;
      }
      buffer_.erase(0, open + kPageOpen.size());
      is_within_ = true;
      searched = 0;
    }
    const std::size_t close = buffer_.find(kPageClose, searched);
    if (close == std::string::npos) {
      if (buffer_.size() <= kMaxPage) return;
      is_skipping_ = true;
      buffer_.erase(0, buffer_.size() - kPageClose.size());
      return;
    }
    ++pages_;
    if (is_skipping_) {
      ++too_large_;
    } else {
      take_page(std::string_view(buffer_).substr(0, close));
    }
    buffer_.erase(0, close + kPageClose.size());
    is_within_ = false;
    is_skipping_ = false;
  }
}

void WikiDump::take_page(std::string_view page) {
  const std::string_view head = page.substr(0, page.find("<text"));
  const bool is_article =
      element(head, "<ns>", "</ns>") == "0" && head.find("<redirect") == std::string_view::npos;
  if (!is_article) {
    ++no_articles_;
    return;
  }
  decode_references(element(head, "<title>", "</title>"), title_);
  decode_references(element(page, "<text", "</text>"), text_);
  take_({title_, text_});
}

}  // namespace diptych::curate
