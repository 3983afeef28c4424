#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace diptych::curate {

/// Whether words are found by spaces alone, or a character of a script without spaces is a word of
/// its own.
enum class Script { spaced, unspaced };

/// Returns whether a character belongs to a script that writes no spaces between words (Han, Kana,
/// Thai, Lao, Khmer, Myanmar, Tibetan), or is punctuation of East Asia.
bool is_unspaced(char32_t character) noexcept;

/// Returns whether a word that SpacedWords gave is a character of such a script.
bool is_unspaced_word(std::string_view word) noexcept;

/// One word of a text.
struct SpacedWord {
  std::string_view bytes;
  /// Whether a space stands right before and right after it.
  bool space_before = true;
  bool space_after = true;
};

/// Gives the words of a text as MetaCLIP spaces it out: tab, LF and CR are spaces, a space is added
/// at both ends and on both sides of each of , . ; : ? ! `. A word is what stands between two
/// spaces, so that several in a row have empty words between them, and `" " + entry + " "` is found
/// in that text exactly where the words of `entry` follow one another. Nothing is copied.
class SpacedWords {
 public:
  /// `marks`: whether marks are spaced out and tab, LF and CR are spaces, as in texts; the
  /// reference does neither to its entries.
  SpacedWords(std::string_view text, Script script, bool marks);

  /// Sets `word` to the next one; false at the end.
  bool next(SpacedWord& word);

 private:
  bool next_in_run(SpacedWord& word);
  void leave_run(std::size_t end);
  std::size_t run_end(std::size_t from) const;

  std::string_view text_;
  const std::uint8_t* classes_;
  Script script_;
  std::size_t position_ = 0;
  std::size_t run_end_ = 0;  ///< of the run of an unspaced script that is being taken apart
  bool space_before_ = true;
  bool in_run_ = false;
  bool mark_pending_ = false;
  bool finished_ = false;
};

/// Returns lower-case letters of every script, one for one (Unicode's simple case folding). Bytes
/// that are not UTF-8 stay.
std::string fold_case(std::string_view text);

}  // namespace diptych::curate
