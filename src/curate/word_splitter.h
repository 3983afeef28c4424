#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace diptych::curate {

/// Cuts texts into words: runs of letters, digits and marks (with `'`, `’` and `-` between them),
/// in languages without spaces by ICU's dictionaries. Not thread-safe.
class WordSplitter {
 public:
  /// Longer words are none.
  static constexpr std::size_t kMaxWord = 256;

  /// `language`: a code, "en". Throws Error(unsupported) for one without spaces that ICU does not
  /// cut.
  explicit WordSplitter(std::string_view language);
  ~WordSplitter();
  WordSplitter(const WordSplitter&) = delete;
  WordSplitter& operator=(const WordSplitter&) = delete;

  /// Calls `take` with each word of a text in UTF-8; `follows`: whether the word before it stands
  /// right before it, with nothing but a space between (in languages without spaces, nothing).
  void split(std::string_view text,
             const std::function<void(std::string_view word, bool follows)>& take);

  /// Returns what stands between the words of two: " ", or nothing.
  std::string_view between() const { return breaks_ ? "" : " "; }

 private:
  struct Breaks;
  void split_by_spaces(std::string_view text,
                       const std::function<void(std::string_view, bool)>& take);
  std::unique_ptr<Breaks> breaks_;
};

}  // namespace diptych::curate
