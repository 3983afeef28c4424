#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace diptych::curate {

/// A page of a dump as it was written, without XML's character references.
struct WikiPage {
  std::string_view title;
  std::string_view text;  ///< in Wikipedia's markup
};

/// Reads MediaWiki's pages-articles XML in pieces of any size. Not thread-safe.
class WikiDump {
 public:
  using Take = std::function<void(const WikiPage&)>;

  /// `take` gets every article: namespace 0, no redirect.
  explicit WikiDump(Take take) : take_(std::move(take)) {}

  void read(std::string_view piece);

  /// Counts the pages so far, and those of them that are no articles, or over 64 MiB and passed
  /// over.
  std::uint64_t pages() const { return pages_; }
  std::uint64_t no_articles() const { return no_articles_; }
  std::uint64_t too_large() const { return too_large_; }
  /// Returns whether the dump ended within a page.
  bool is_within_page() const { return is_within_; }

 private:
  void take_page(std::string_view page);

  Take take_;
  std::string buffer_;
  std::string title_;
  std::string text_;
  bool is_within_ = false;
  bool is_skipping_ = false;
  std::uint64_t pages_ = 0;
  std::uint64_t no_articles_ = 0;
  std::uint64_t too_large_ = 0;
};

/// Returns what a reader of the article sees as running text, roughly: without templates, tables,
/// references, comments, tags, pictures, categories, and the marks of links, headings and emphasis.
/// Linear in the markup whatever it holds.
std::string wiki_plain_text(std::string_view markup);

}  // namespace diptych::curate
