#pragma once

#include <cstdint>

namespace diptych::text {

/// What a character says about mojibake, as bits. The first fourteen are the categories of the
/// badness heuristic (Speer, ftfy 6), the next five the characters that the bytes of UTF-8 turn
/// into when they are read in a single-byte encoding, the last ones plain properties.
using CharacterClasses = std::uint32_t;

constexpr CharacterClasses kCommon = 1U << 0;  // seen in many contexts: says nothing alone
constexpr CharacterClasses kC1 = 1U << 1;      // control characters 80 to 9F
constexpr CharacterClasses kBad = 1U << 2;     // hardly ever meant
constexpr CharacterClasses kLaw = 1U << 3;
constexpr CharacterClasses kCurrency = 1U << 4;
constexpr CharacterClasses kStartPunctuation = 1U << 5;
constexpr CharacterClasses kEndPunctuation = 1U << 6;
constexpr CharacterClasses kNumeric = 1U << 7;
constexpr CharacterClasses kKaomoji = 1U << 8;  // letters that also draw faces
constexpr CharacterClasses kUpperAccented = 1U << 9;
constexpr CharacterClasses kLowerAccented = 1U << 10;
constexpr CharacterClasses kUpperCommon = 1U << 11;
constexpr CharacterClasses kLowerCommon = 1U << 12;
constexpr CharacterClasses kBox = 1U << 13;  // line drawing

constexpr CharacterClasses kUtf8FirstOf2 = 1U << 14;  // bytes C2 to DF
constexpr CharacterClasses kUtf8FirstOf3 = 1U << 15;  // bytes E0 to EF
constexpr CharacterClasses kUtf8FirstOf4 = 1U << 16;  // bytes F0 and F3
// Bytes 80 to BF, and the space that a byte A0 may become; then those among them that seldom stand
// for themselves beside mojibake.
constexpr CharacterClasses kUtf8Continuation = 1U << 17;
constexpr CharacterClasses kUtf8ContinuationStrict = 1U << 18;

constexpr CharacterClasses kAsciiUpper = 1U << 19;
constexpr CharacterClasses kAsciiLower = 1U << 20;
constexpr CharacterClasses kSpace = 1U << 21;           // any whitespace
constexpr CharacterClasses kWord = 1U << 22;            // letters, numbers and the underscore
constexpr CharacterClasses kNotAsciiLetter = 1U << 23;  // anything else than A-Z and a-z
constexpr CharacterClasses kNotLineFeed = 1U << 24;

/// The categories of the badness heuristic.
constexpr CharacterClasses kMojibakeCategories = (1U << 14) - 1;

/// Returns all classes of a character. Thread-safe.
CharacterClasses character_classes(char32_t character);

}  // namespace diptych::text
