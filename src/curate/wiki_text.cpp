#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "curate/wiki_dump.h"

namespace diptych::curate {

namespace {

/// Elements whose content is no text.
constexpr std::array<std::string_view, 8> kSilent = {"ref",  "math", "gallery",         "timeline",
                                                     "code", "pre",  "syntaxhighlight", "score"};

/// What is open: what a mark closes is left out, but for the text of a link.
enum class OpenMark { curly, table, link, silent_link };

class MarkupReader {
 public:
  explicit MarkupReader(std::string_view markup) : rest_(markup) {}

  std::string run() && {
    while (!rest_.empty()) take();
    return std::move(text_);
  }

 private:
  bool is_silent() const { return silent_ > 0; }

  void emit(std::string_view text) {
    if (!is_silent()) text_ += text;
  }

  void open(OpenMark what) {
    open_.push_back(what);
    silent_ += what == OpenMark::link ? 0 : 1;
  }

  /// Closes the innermost of what is open if it is `what`.
  bool close(OpenMark what) {
    if (open_.empty() || open_.back() != what) return false;
    silent_ -= what == OpenMark::link ? 0 : 1;
    open_.pop_back();
    return true;
  }

  bool skip(std::string_view mark) {
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }

  void take() {
    const std::size_t plain = std::min(rest_.find_first_of("{}[]<'=|\n&"), rest_.size());
    emit(rest_.substr(0, plain));
    rest_.remove_prefix(plain);
    if (rest_.empty()) return;
    if (skip("{{")) return open(OpenMark::curly);
    if (skip("{|")) return open(OpenMark::table);
    if (rest_.starts_with("}}") && close(OpenMark::curly)) return rest_.remove_prefix(2);
    if (rest_.starts_with("|}") && close(OpenMark::table)) return rest_.remove_prefix(2);
    if (skip("[[")) return open_link();
    if (rest_.starts_with("]]") && (close(OpenMark::link) || close(OpenMark::silent_link)))
      return rest_.remove_prefix(2);
    if (rest_[0] == '[') return take_outer_link();
    if (rest_[0] == '<') return take_tag();
    if (skip("''") || skip("==")) return emit(" ");
    if (rest_.starts_with("\n==")) forget_all();
    if (rest_.starts_with("\n\n")) forget_links();
    emit(rest_.substr(0, 1));
    rest_.remove_prefix(1);
  }

  /// What nothing closes must not silence the rest of the article: links end with their paragraph,
  /// templates and tables with their section.
  void forget_links() {
    while (close(OpenMark::link) || close(OpenMark::silent_link)) {
    }
  }
  void forget_all() {
    open_.clear();
    silent_ = 0;
  }

  void open_link() {
    const std::size_t end = rest_.find_first_of("|]\n");
    const std::string_view target = rest_.substr(0, end);
    const bool is_page = target.find(':') == std::string_view::npos;
    open(is_page ? OpenMark::link : OpenMark::silent_link);
    // A link shows what stands after the bar.
    if (is_page && end != std::string_view::npos && rest_[end] == '|') rest_.remove_prefix(end + 1);
  }

  void take_outer_link() {
    const std::size_t end = rest_.find_first_of(" ]\n");
    const bool is_link = rest_.starts_with("[http") || rest_.starts_with("[//");
    const bool has_text = end != std::string_view::npos && rest_[end] == ' ';
    rest_.remove_prefix(is_link ? (has_text ? end + 1 : std::min(end, rest_.size())) : 1);
  }

  void take_tag() {
    if (skip("<!--")) return skip_to("-->");
    rest_.remove_prefix(1);
    const bool is_tag =
        !rest_.empty() && (rest_[0] == '/' || (rest_[0] >= 'a' && rest_[0] <= 'z') ||
                           (rest_[0] >= 'A' && rest_[0] <= 'Z'));
    if (!is_tag) return emit(" ");
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return emit(" ");
    const std::string_view tag = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    emit(" ");
    if (tag.ends_with('/')) return;
    for (const std::string_view name : kSilent) {
      const bool is_it =
          tag.starts_with(name) && (tag.size() == name.size() || tag[name.size()] == ' ');
      if (is_it) return skip_to("</" + std::string(name) + ">");
    }
  }

  /// Past the next `mark`; what nothing closes is passed over alone.
  void skip_to(const std::string& mark) {
    if (std::find(missing_.begin(), missing_.end(), mark) != missing_.end()) return;
    const std::size_t end = rest_.find(mark);
    if (end == std::string_view::npos) {
      missing_.push_back(mark);
    } else {
      rest_.remove_prefix(end + mark.size());
    }
  }

  std::string_view rest_;
  std::string text_;
  std::vector<OpenMark> open_;
  std::vector<std::string> missing_;  ///< marks that do not come again
  std::size_t silent_ = 0;
};

}  // namespace

std::string wiki_plain_text(std::string_view markup) {
  return MarkupReader(markup).run();
}

}  // namespace diptych::curate
