#include "text/sentencepiece/character_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "text/sentencepiece/sentencepiece_model.h"

namespace diptych::text {
namespace {

std::string bytes_of(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

/// A unit as Darts-clone packs it.
std::uint32_t unit(char label, bool has_leaf, std::uint32_t offset) {
  return offset << 10 | (has_leaf ? 1U << 8 : 0U) | static_cast<unsigned char>(label);
}

constexpr std::uint32_t kLeaf = 1U << 31;

/// A map of one pattern, "a", whose units a test changes: unit 0 is the root with its children
/// around 256, unit 256 + 'a' the pattern's with its own around 512, where its leaf is.
struct Map {
  Map() {
    units[0] = unit('\0', false, 256);
    units[pattern] = unit('a', true, pattern ^ 512U);
    units[512] = kLeaf;  // its value: the first replacement
  }

  std::string bytes() const {
    std::string map = bytes_of(static_cast<std::uint32_t>(4 * units.size()));
    for (const std::uint32_t unit : units) map += bytes_of(unit);
    return map + replacements;
  }

  static constexpr std::size_t pattern = 256 + 'a';
  // Where no test puts anything, labels that are no byte's.
  std::vector<std::uint32_t> units = std::vector<std::uint32_t>(768, kLeaf | 0xff);
  std::string replacements = std::string("b\0", 2);
};

void refuse(const std::string& map, const std::string& reason) {
  test::expect_error([&] { check_character_map(map, "test"); }, ErrorCode::corrupt_data, reason);
}

TEST(CharacterMap, TakesRealAndTinyOnes) {
  const std::string file = read_text_file(test::data_path("xlm_roberta/sentencepiece.bpe.model"));
  EXPECT_GT(parse_sentencepiece_model(file, "test").character_map.size(), 100'000U);
  EXPECT_NO_THROW(check_character_map(Map().bytes(), "test"));
  EXPECT_NO_THROW(check_character_map("", "test"));
}

TEST(CharacterMap, RefusesPartsThatDoNotFit) {
  refuse("abc", "3 bytes");
  refuse(bytes_of(100) + std::string("ab\0", 3), "a trie of 100");
  refuse(bytes_of(3) + std::string("abc\0", 4), "a trie of 3");
  refuse(bytes_of(0) + std::string("abc\0", 4), "0 units");
  Map map;
  map.replacements = "b";
  refuse(map.bytes(), "ended by zero");
}

TEST(CharacterMap, RefusesATrieThatLeadsOutside) {
  Map map;
  map.units[0] = unit('\0', false, 1024);
  refuse(map.bytes(), "broken trie");
  map = Map();
  map.units[Map::pattern] = unit('a', true, 1 << 20);
  refuse(map.bytes(), "broken trie");
  map = Map();
  map.units.resize(600);  // the leaf is there, not every other child
  refuse(map.bytes(), "broken trie");
}

TEST(CharacterMap, RefusesATrieThatNeverEnds) {
  Map map;
  map.units[Map::pattern] = unit('a', false, Map::pattern ^ 256U);  // its own child
  refuse(map.bytes(), "broken trie");
}

TEST(CharacterMap, RefusesReplacementsThatAreNotThereOrTooLong) {
  Map map;
  map.units[512] = kLeaf | 2;
  refuse(map.bytes(), "broken trie");
  map = Map();
  map.replacements = std::string(300, 'b') + '\0';
  refuse(map.bytes(), "a replacement of 300 bytes");
}

}  // namespace
}  // namespace diptych::text
