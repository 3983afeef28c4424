#include "curate/html_tags.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace diptych::curate {

namespace {

constexpr std::array<std::string_view, 9> kRawText = {
    "script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes", "plaintext"};

constexpr std::string_view kPicture = "picture";
constexpr std::size_t kMaxSources = 16;  // of a picture

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// Walks a page from tag to tag.
class Scanner {
 public:
  explicit Scanner(std::string_view html) : html_(html) {}

  std::vector<std::string_view> run() {
    while (find_next_open() && tags_.size() < kMaxTags) take_markup();
    return std::move(tags_);
  }

 private:
  bool find_next_open() {
    at_ = html_.find('<', at_);
    return at_ != std::string_view::npos && at_ + 1 < html_.size();
  }

  void take_markup() {
    const char next = html_[at_ + 1];
    if (is_letter(next)) return take_start_tag();
    if (next == '!' && html_.substr(at_).starts_with("<!--")) return skip_comment();
    if (next == '/' && at_ + 2 < html_.size() && is_letter(html_[at_ + 2])) {
      const std::string_view rest = html_.substr(at_ + 2);
      const bool is_picture = equal_ignoring_case(rest.substr(0, kPicture.size()), kPicture);
      if (is_picture) enter_picture(false);
      at_ = std::min(tag_end(at_ + 2), html_.size());
    } else if (next == '!' || next == '?' || next == '/') {
      at_ = std::min(html_.find('>', at_ + 2), html_.size());
    } else {
      ++at_;
    }
  }

  void skip_comment() {
    // "<!-->" and "<!--->" are whole comments.
    const std::string_view inside = html_.substr(at_ + 4);
    if (inside.starts_with('>') || inside.starts_with("->")) {
      at_ += 5;
      return;
    }
    const std::size_t end = std::min(html_.find("-->", at_ + 4), html_.find("--!>", at_ + 4));
    at_ = end == std::string_view::npos ? html_.size() : end + 3;
  }

  void take_start_tag() {
    const std::size_t begin = at_;
    std::size_t name_end = begin + 1;
    while (name_end < html_.size() && !is_space(html_[name_end]) && html_[name_end] != '>' &&
           html_[name_end] != '/') {
      ++name_end;
    }
    const std::string_view name = html_.substr(begin + 1, name_end - begin - 1);
    const std::size_t end = tag_end(name_end);
    at_ = std::min(end, html_.size());
    if (end != std::string_view::npos) take_tag(name, html_.substr(begin, at_ - begin));
    for (const std::string_view raw : kRawText) {
      if (equal_ignoring_case(name, raw)) return skip_raw_text(raw);
    }
  }

  void take_tag(std::string_view name, std::string_view tag) {
    if (equal_ignoring_case(name, "img")) {
      tags_.insert(tags_.end(), sources_.begin(), sources_.end());
      sources_.clear();
      tags_.push_back(tag);
    } else if (equal_ignoring_case(name, "base")) {
      tags_.push_back(tag);
    } else if (equal_ignoring_case(name, kPicture)) {
      enter_picture(true);
    } else if (is_in_picture_ && sources_.size() < kMaxSources &&
               equal_ignoring_case(name, "source")) {
      sources_.push_back(tag);
    }
  }

  void enter_picture(bool enter) {
    is_in_picture_ = enter;
    sources_.clear();
  }

  /// Where the tag ends whose name ends at `from`: after the first `>` that is in no
  /// quoted value; npos: nowhere.
  std::size_t tag_end(std::size_t from) const {
    bool before_value = false;
    for (std::size_t i = from; i < html_.size(); ++i) {
      const char c = html_[i];
      if (c == '>') return i + 1;
      if (before_value && (c == '"' || c == '\'')) {
        i = html_.find(c, i + 1);
        if (i == std::string_view::npos) return i;
      }
      before_value = c == '=' || (before_value && is_space(c));
    }
    return std::string_view::npos;
  }

  void skip_raw_text(std::string_view name) {
    while (find_next_open()) {
      const std::string_view rest = html_.substr(at_ + 1);
      if (rest.starts_with('/') && equal_ignoring_case(rest.substr(1, name.size()), name)) return;
      ++at_;
    }
    at_ = html_.size();
  }

  std::string_view html_;
  std::size_t at_ = 0;
  std::vector<std::string_view> tags_;
  bool is_in_picture_ = false;
  std::vector<std::string_view> sources_;  ///< of the picture so far
};

}  // namespace

std::vector<std::string_view> find_image_tags(std::string_view html) {
  return Scanner(html).run();
}

std::string_view declared_charset(std::string_view html) {
  constexpr std::size_t kWindow = 1024;
  constexpr std::string_view kName = "charset";
  html = html.substr(0, kWindow);
  const auto found = std::search(html.begin(), html.end(), kName.begin(), kName.end(),
                                 [](char a, char b) { return (a | 0x20) == b; });
  std::string_view rest = html.substr(static_cast<std::size_t>(found - html.begin()));
  if (rest.empty()) return {};
  rest.remove_prefix(kName.size());
  while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
  if (!rest.starts_with('=')) return {};
  rest.remove_prefix(1);
  while (!rest.empty() && (is_space(rest[0]) || rest[0] == '"' || rest[0] == '\'')) {
    rest.remove_prefix(1);
  }
  return rest.substr(0, rest.find_first_of("\"' \t\r\n\f>/;"));
}

}  // namespace diptych::curate
