#include "curate/spaced_words.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace diptych::curate {

namespace {

/// Classes of bytes.
constexpr std::uint8_t kLetterByte = 0;
constexpr std::uint8_t kSpaceByte = 1;
constexpr std::uint8_t kMarkByte = 2;
using Classes = std::array<std::uint8_t, 256>;

constexpr Classes text_classes() {
  Classes classes{};
  for (const char c : {' ', '\t', '\n', '\r'}) classes[static_cast<unsigned char>(c)] = kSpaceByte;
  for (const char c : {',', '.', ';', ':', '?', '!', '`'}) {
    classes[static_cast<unsigned char>(c)] = kMarkByte;
  }
  return classes;
}

constexpr Classes entry_classes() {
  Classes classes{};
  classes[' '] = kSpaceByte;
  return classes;
}

constexpr Classes kTextClasses = text_classes();
constexpr Classes kEntryClasses = entry_classes();

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15, Blocks.txt and Scripts.txt, in order.
constexpr std::array kUnspacedRanges = {
    Range{0x0E00, 0x0E7F},    // Thai
    Range{0x0E80, 0x0EFF},    // Lao
    Range{0x0F00, 0x0FFF},    // Tibetan
    Range{0x1000, 0x109F},    // Myanmar
    Range{0x1780, 0x17FF},    // Khmer
    Range{0x19E0, 0x19FF},    // Khmer symbols
    Range{0x2E80, 0x2FDF},    // Han radicals
    Range{0x3000, 0x303F},    // East Asian punctuation
    Range{0x3040, 0x30FF},    // Hiragana, Katakana
    Range{0x3100, 0x312F},    // Bopomofo
    Range{0x31A0, 0x31FF},    // Bopomofo, strokes, Katakana extensions
    Range{0x3400, 0x4DBF},    // Han
    Range{0x4E00, 0x9FFF},    // Han
    Range{0xA9E0, 0xA9FF},    // Myanmar
    Range{0xAA60, 0xAA7F},    // Myanmar
    Range{0xF900, 0xFAFF},    // Han
    Range{0xFE30, 0xFE4F},    // vertical forms of punctuation
    Range{0xFF01, 0xFF0F},    // full-width punctuation
    Range{0xFF1A, 0xFF20},    //
    Range{0xFF3B, 0xFF40},    //
    Range{0xFF5B, 0xFF9F},    // and half-width Katakana
    Range{0x1AFF0, 0x1B16F},  // Kana extensions
    Range{0x20000, 0x3FFFF},  // Han
};

/// The character at a place and where the next one begins; a byte that begins none stands alone.
struct Decoded {
  char32_t character;
  std::size_t end;
};

Decoded decode(std::string_view text, std::size_t at) {
  std::int32_t end = 0;
  UChar32 character = 0;
  const std::string_view rest = text.substr(at, 4);
  U8_NEXT(rest.data(), end, static_cast<std::int32_t>(rest.size()), character);
  if (character < 0) return {0xFFFD, at + 1};
  return {static_cast<char32_t>(character), at + static_cast<std::size_t>(end)};
}

}  // namespace

bool is_unspaced(char32_t character) noexcept {
  if (character < kUnspacedRanges.front().first) return false;
  const auto range =
      std::lower_bound(kUnspacedRanges.begin(), kUnspacedRanges.end(), character,
                       [](const Range& range, char32_t value) { return range.last < value; });
  return range != kUnspacedRanges.end() && range->first <= character;
}

bool is_unspaced_word(std::string_view word) noexcept {
  return !word.empty() && is_unspaced(decode(word, 0).character);
}

SpacedWords::SpacedWords(std::string_view text, Script script, bool marks)
    : text_(text), classes_((marks ? kTextClasses : kEntryClasses).data()), script_(script) {}

std::size_t SpacedWords::run_end(std::size_t from) const {
  while (from < text_.size() && classes_[static_cast<unsigned char>(text_[from])] == kLetterByte) {
    ++from;
  }
  return from;
}

bool SpacedWords::next(SpacedWord& word) {
  if (in_run_) return next_in_run(word);
  if (mark_pending_) {
    word = {text_.substr(position_++, 1), true, true};
    mark_pending_ = false;
    return true;
  }
  if (finished_) return false;
  const std::size_t begin = position_;
  const std::size_t end = run_end(begin);
  if (script_ == Script::unspaced && end > begin) {
    in_run_ = true;
    run_end_ = end;
    space_before_ = true;
    return next_in_run(word);
  }
  word = {text_.substr(begin, end - begin), true, true};
  leave_run(end);
  return true;
}

/// Goes on after the letters that end here: a mark is a word of its own, a space none.
void SpacedWords::leave_run(std::size_t end) {
  in_run_ = false;
  position_ = end;
  if (end == text_.size()) {
    finished_ = true;
  } else if (classes_[static_cast<unsigned char>(text_[end])] == kMarkByte) {
    mark_pending_ = true;
  } else {
    ++position_;
  }
}

/// Takes one character of an unspaced script, or all up to the next such one.
bool SpacedWords::next_in_run(SpacedWord& word) {
  const std::string_view run = text_.substr(0, run_end_);
  const std::size_t begin = position_;
  Decoded decoded = decode(run, begin);
  std::size_t end = decoded.end;
  if (!is_unspaced(decoded.character)) {
    while (end < run_end_) {
      decoded = decode(run, end);
      if (is_unspaced(decoded.character)) break;
      end = decoded.end;
    }
  }
  position_ = end;
  word = {run.substr(begin, end - begin), space_before_, end == run_end_};
  space_before_ = false;
  if (end == run_end_) leave_run(end);
  return true;
}

std::string fold_case(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      folded += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
      ++at;
      continue;
    }
    const Decoded decoded = decode(text, at);
    if (decoded.end == at + 1) {
      folded += text[at];
    } else {
      const UChar32 lower = u_foldCase(static_cast<UChar32>(decoded.character), 0);
      append_utf8(folded, static_cast<char32_t>(lower));
    }
    at = decoded.end;
  }
  return folded;
}

}  // namespace diptych::curate
