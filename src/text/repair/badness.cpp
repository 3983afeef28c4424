#include "text/repair/badness.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include "text/characters/character_classes.h"

namespace diptych::text {
namespace {

/// The characters of any of some classes, and some more.
struct CharacterSet {
  constexpr CharacterSet(CharacterClasses some_classes, std::u32string_view more = {})
      : classes(some_classes), characters(more) {}
  constexpr CharacterSet(const char32_t* only) : characters(only) {}

  CharacterClasses classes = 0;
  std::u32string_view characters;
};

using Sequence = std::vector<CharacterSet>;

constexpr CharacterClasses kAccented = kLowerAccented | kUpperAccented;
constexpr CharacterClasses kPunctuation = kStartPunctuation | kEndPunctuation;
constexpr CharacterClasses kSymbol = kBox | kPunctuation | kCurrency | kNumeric | kLaw;
constexpr CharacterClasses kAsciiLetter = kAsciiUpper | kAsciiLower;
constexpr CharacterSet kArabicSecond = {kCommon | kCurrency | kBad | kNumeric | kStartPunctuation,
                                        U"ŸŠ®°µ»"};
constexpr CharacterSet kCyrillicSecond = {kC1 | kBad | kPunctuation | kCurrency, U"°µ"};
constexpr CharacterSet kGreekSecond = {kC1 | kBad | kPunctuation | kCurrency, U"°"};

/// Facts of ftfy 6.3.1: the sequences that count as bad.
const std::vector<Sequence>& bad_sequences() {
  static const std::vector<Sequence> sequences = {
      {kC1},
      {kBad | kAccented | kSymbol, kBad},
      {kAsciiLetter, kLowerCommon | kUpperCommon, kBad},
      {kBad, kAccented | kSymbol},
      {kLowerAccented | kLowerCommon | kBox | kEndPunctuation | kCurrency | kNumeric,
       kUpperAccented},
      {kBox | kEndPunctuation | kCurrency | kNumeric, kLowerAccented},
      {kLowerAccented | kBox | kEndPunctuation, kCurrency},
      {kSpace, kUpperAccented, kCurrency},
      {kUpperAccented | kBox, kNumeric | kLaw},
      {kAccented | kBox | kCurrency | kEndPunctuation, kStartPunctuation, kNumeric},
      {kAccented | kCurrency | kNumeric | kBox | kLaw, kEndPunctuation, kStartPunctuation},
      {kCurrency | kNumeric | kBox, kStartPunctuation},
      {kAsciiLower, kUpperAccented, kStartPunctuation | kCurrency},
      {kBox, kKaomoji},
      {kAccented | kCurrency | kNumeric | kPunctuation | kLaw, kBox},
      {kBox, kEndPunctuation},
      {kAccented, kPunctuation, kWord},
      // The ligature is French only before a plain letter.
      {U"Œœ", kNotAsciiLetter},
      {kUpperAccented, U"°"},
      // Windows-1252.
      {U"ÂÃÎÐ", {kPunctuation, U"€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´"}},
      {U"×", U"²³"},
      // Arabic in Windows-1252: common characters, hence two letters are asked for.
      {U"ØÙ", kArabicSecond, U"ØÙ", kArabicSecond},
      // South Asian scripts in Windows-1252.
      {U"à", U"²µ¹¼½¾"},
      // MacRoman.
      {U"√", U"±∂†≠®™´≤≥¥µø"},
      {U"≈", U"°¢"},
      {U"‚", U"Ä", U"ìîïòôúùû†°¢π"},
      {U"‚", U"âó", U"àä°ê"},
      // Windows-1251: punctuation, then Latin-1 and Cyrillic letters.
      {U"в", U"Ђ"},
      {U"ВГРС", kCyrillicSecond, U"ВГРС"},
      // Windows-1251 on top of Windows-1252, beside Latin letters.
      {U"Г", U"ў", U"В", U"Ђ", U"В", kNotLineFeed, {kAsciiLetter, U" "}},
      // Windows-1252: a grave, a acute, and the no-break space.
      {U"Ã", U"\u00a0¡"},
      {kAsciiLower, U"ÃÂ", U" "},
      {kAsciiLower, kSpace, U"ÃÂ", U" "},
      {{kAsciiLower | kEndPunctuation, U".,?!"}, U"Â", {kPunctuation, U" "}},
      // Windows-1253: punctuation, then Latin-1 and Greek letters.
      {U"β", U"€", U"™\u00a0Ά\u00ad®°"},
      {U"ΒΓΞΟ", kGreekSecond, U"ΒΓΞΟ"},
      // Windows-1257: punctuation.
      {U"ā", U"€"},
  };
  return sequences;
}

/// Those that may start with a character of no category.
const std::vector<Sequence>& plainly_starting_sequences() {
  static const std::vector<Sequence> sequences = [] {
    std::vector<Sequence> result;
    std::copy_if(
        bad_sequences().begin(), bad_sequences().end(), std::back_inserter(result),
        [](const Sequence& sequence) { return (sequence[0].classes & ~kMojibakeCategories) != 0; });
    return result;
  }();
  return sequences;
}

bool contains(const CharacterSet& set, char32_t character, CharacterClasses classes) {
  return (set.classes & classes) != 0 ||
         set.characters.find(character) != std::u32string_view::npos;
}

/// Whether the text starts with the sequence. `classes` are those of the text's characters.
bool starts_with(std::u32string_view text, std::span<const CharacterClasses> classes,
                 const Sequence& sequence) {
  if (text.size() < sequence.size()) return false;
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    if (!contains(sequence[i], text[i], classes[i])) return false;
  }
  return true;
}

/// The one bad sequence that is tied to the start of the text.
bool starts_with_lone_capital(std::u32string_view text) {
  return text.size() >= 2 && (text[0] == U'Ã' || text[0] == U'Â') && text[1] == ' ';
}

}  // namespace

bool is_bad(std::u32string_view text) {
  if (starts_with_lone_capital(text)) return true;
  std::vector<CharacterClasses> classes(text.size());
  std::transform(text.begin(), text.end(), classes.begin(), character_classes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    const auto rest_classes = std::span(classes).subspan(i);
    const auto& sequences =
        (classes[i] & kMojibakeCategories) != 0 ? bad_sequences() : plainly_starting_sequences();
    if (std::any_of(sequences.begin(), sequences.end(), [&](const Sequence& sequence) {
          return starts_with(rest, rest_classes, sequence);
        })) {
      return true;
    }
  }
  return false;
}

}  // namespace diptych::text
