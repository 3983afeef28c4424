#pragma once

#include <cstdint>

namespace diptych::text {

/// What a character says about mojibake, as bits. The first fourteen are the categories of the
/// badness heuristic (Speer, ftfy 6), the next five the characters that the bytes of UTF-8 turn
/// into when they are read in a single-byte encoding, the last ones plain properties.
enum CharacterClass : std::uint32_t {
  kCommon = 1U << 0,  // seen in many contexts: says nothing alone
  kC1 = 1U << 1,      // control characters 80 to 9F
  kBad = 1U << 2,     // hardly ever meant
  kLaw = 1U << 3,
  kCurrency = 1U << 4,
  kStartPunctuation = 1U << 5,
  kEndPunctuation = 1U << 6,
  kNumeric = 1U << 7,
  kKaomoji = 1U << 8,  // letters that also draw faces
  kUpperAccented = 1U << 9,
  kLowerAccented = 1U << 10,
  kUpperCommon = 1U << 11,
  kLowerCommon = 1U << 12,
  kBox = 1U << 13,  // line drawing

  kUtf8FirstOf2 = 1U << 14,            // bytes C2 to DF
  kUtf8FirstOf3 = 1U << 15,            // bytes E0 to EF
  kUtf8FirstOf4 = 1U << 16,            // bytes F0 and F3
  kUtf8Continuation = 1U << 17,        // bytes 80 to BF, and the space that a byte A0 may become
  kUtf8ContinuationStrict = 1U << 18,  // those that seldom stand for themselves beside mojibake

  kAsciiUpper = 1U << 19,
  kAsciiLower = 1U << 20,
  kSpace = 1U << 21,           // any whitespace
  kWord = 1U << 22,            // letters, numbers and the underscore
  kNotAsciiLetter = 1U << 23,  // anything else than A-Z and a-z
  kNotLineFeed = 1U << 24,
};

/// The categories of the badness heuristic.
constexpr std::uint32_t kMojibakeCategories = (1U << 14) - 1;

/// All classes of a character. Thread-safe.
std::uint32_t character_classes(char32_t character);

}  // namespace diptych::text
