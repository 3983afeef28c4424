#include "text/characters/character_classes.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

struct ClassMembers {
  CharacterClasses classes;
  std::u32string_view members;  // "a-c" is a range; the hyphen itself is in no class
};

// Facts of ftfy 6.3.1 (Robyn Speer, Apache 2.0): which characters mojibake consists of.
constexpr ClassMembers kClasses[] = {
    {kCommon, U"\u00a0\u00ad´·–—―’…"},
    {kC1, U"\u0080-\u009f"},
    {kBad, U"¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\ufffd"},
    {kLaw, U"§¶"},
    {kCurrency, U"¢£¥₧€"},
    {kStartPunctuation, U"¡©«¿΄΅‘‚“„•‹\uf8ff"},
    {kEndPunctuation, U"®»˝”›™"},
    {kNumeric, U"±²³µ¹¼½¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥"},
    {kKaomoji, U"°Ò-ÖÙ-Üò-öø-üŌŐŪŲ"},
    {kUpperAccented, U"À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ"},
    {kLowerAccented, U"ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ"},
    {kUpperCommon, U"ÞΆΈΉΊΌΎΏΑ-ΫЁ-Я"},
    {kLowerCommon, U"ά-ωа-џ"},
    {kBox, U"│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓"},
    {kUtf8FirstOf2, U"Â-ßĀĂĆČĎĐĒĖĘĚĞĢĪİĶĹĻŁŃŅŇŌŐŘŚŞŠŢŪŮŰŲŹŻŽΒ-ΡΣ-ίВ-Я"},
    {kUtf8FirstOf3, U"à-ïāăąćčďēėęěģīįķĺļŕźΰ-οа-п"},
    {kUtf8FirstOf4, U"ðóđğšπσру"},
    {kUtf8Continuation,
     U"\u0020\u0080-¿ÆØæøĄąĽľŁłŒœŖŗŚśŞ-šŤťŸ-žƒˆˇ˘˛˜˝΄΅ΆΈΉΊΌΎΏЁ-ЌЎЏё-ќўџҐґ–—―‘’‚“”„†‡•…‰"
     U"‹›€№™"},
    {kUtf8ContinuationStrict,
     U"\u0080-¿ÆØæøĄąĽľŁłŒœŖŗŚśŞ-šŤťŸ-žƒˆˇ˘˛˜˝΄΅ΆΈΉΊΌΎΏЁ-ЌЎЏё-ќўџҐґ†‡‰‹›€№™"},
};

CharacterClasses plain_properties(char32_t character) {
  CharacterClasses classes = 0;
  if (character >= 'A' && character <= 'Z') classes |= kAsciiUpper;
  if (character >= 'a' && character <= 'z') classes |= kAsciiLower;
  if (classes == 0) classes |= kNotAsciiLetter;
  if (is_whitespace(character)) classes |= kSpace;
  if (is_letter(character) || is_number(character) || character == '_') classes |= kWord;
  if (character != '\n') classes |= kNotLineFeed;
  return classes;
}

/// The classes of every character of the basic plane, where all mojibake lies.
std::vector<CharacterClasses> class_table() {
  std::vector<CharacterClasses> table(0x10000);
  for (char32_t character = 0; character < table.size(); ++character) {
    table[character] = plain_properties(character);
  }
  for (const auto& [classes, members] : kClasses) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      const bool range = i + 2 < members.size() && members[i + 1] == U'-';
      const char32_t last = range ? members[i + 2] : members[i];
      for (char32_t character = members[i]; character <= last; ++character) {
        table[character] |= classes;
      }
      if (range) i += 2;
    }
  }
  return table;
}

}  // namespace

CharacterClasses character_classes(char32_t character) {
  static const std::vector<CharacterClasses> table = class_table();
  return character < table.size() ? table[character] : plain_properties(character);
}

}  // namespace diptych::text
