#include "text/bpe/byte_level_bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"
#include "text/bpe/byte_characters.h"
#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

using test::expect_error;
using testing::ElementsAre;
using Ids = std::vector<std::int32_t>;

constexpr SpecialIds kRoberta = {.start = 0, .end = 2, .pad = 1};

std::string fixture(const std::string& file) {
  return read_text_file(test::data_path("huggingface_tokenizers/roberta/" + file));
}

/// The fixture's tokens and merges as a ByteLevelBpe takes them.
std::string roberta() {
  const auto ids = nlohmann::json::parse(fixture("vocab.json"));
  std::vector<std::string> tokens(ids.size());
  for (const auto& [token, id] : ids.items()) tokens[id.get<std::size_t>()] = token;
  std::string vocabulary;
  for (const std::string& token : tokens) vocabulary += token + "\n";
  const std::string merges = fixture("merges.txt");
  return vocabulary + merges.substr(merges.find('\n'));  // its first line is a version
}

/// The 256 bytes, three special tokens before them and `more` after.
std::string bytes_and(const std::string& more) {
  std::string vocabulary = "<s>\n<pad>\n</s>\n";
  for (const char byte : bytes_in_order()) {
    for (char32_t c = 0; c < 0x144; ++c) {
      const std::string written = encode_utf8({&c, 1});
      const bool is_character = c > 0x20 && c != 0x7F && (c < 0x80 || c > 0xA0) && c != 0xAD;
      if (is_character && token_bytes(written) == std::string(1, byte))
        vocabulary += written + "\n";
    }
  }
  return vocabulary + more;
}

// tests/data/huggingface_tokenizers/make: transformers' own ids.
TEST(ByteLevelBpe, EqualsTheReference) {
  const ByteLevelBpe tokenizer(roberta(), kRoberta, "test");
  const auto cases = nlohmann::json::parse(fixture("raw.json"));
  ASSERT_GT(cases.size(), 60U);
  for (const auto& entry : cases) {
    const auto text = entry.at("text").get<std::string>();
    EXPECT_EQ(tokenizer.encode(text, 1000), entry.at("ids").get<Ids>()) << entry.at("text");
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, 1000)), text);
  }
}

TEST(ByteLevelBpe, CutsBeforeTheEnd) {
  const ByteLevelBpe tokenizer(roberta(), kRoberta, "test");
  const Ids whole = tokenizer.encode("two dogs run over the green grass", 77);
  ASSERT_GT(whole.size(), 6U);
  Ids cut(whole.begin(), whole.begin() + 4);
  cut.push_back(2);
  EXPECT_EQ(tokenizer.encode("two dogs run over the green grass", 5), cut);
  EXPECT_THAT(tokenizer.encode("a", 2), ElementsAre(0, 2));
  EXPECT_THAT(tokenizer.encode("", 77), ElementsAre(0, 2));
  EXPECT_EQ(tokenizer.pad_id(), 1);
  expect_error([&] { tokenizer.encode("a", 1); }, ErrorCode::invalid_argument, "context length");
  expect_error([&] { tokenizer.encode("\xff", 8); }, ErrorCode::invalid_argument, "UTF-8");
  expect_error([&] { tokenizer.encode("\xff", 0); }, ErrorCode::invalid_argument, "");
}

// Ranks decide, not the order of ids: "bc" before "ab". A special token never stands for text.
TEST(ByteLevelBpe, MergesByRank) {
  const ByteLevelBpe tokenizer(bytes_and("ab\nbc\nabc\n\nb c\na b\na bc\n"), kRoberta, "test");
  EXPECT_THAT(tokenizer.encode("abc", 8), ElementsAre(0, 261, 2));
  EXPECT_THAT(tokenizer.encode("ab", 8), ElementsAre(0, 259, 2));
  EXPECT_EQ(tokenizer.encode("<s>", 8).size(), 5U);
  EXPECT_EQ(tokenizer.decode(Ids{0, 261, 1, 2}), "abc");
  expect_error([&] { tokenizer.decode(Ids{262}); }, ErrorCode::invalid_argument, "less than 262");
}

TEST(ByteLevelBpe, CutsAsGpt2) {
  const auto words = [](std::u32string_view text) {
    std::vector<std::string> result;
    for (const std::u32string_view word : byte_level_words(text))
      result.push_back(encode_utf8(word));
    return result;
  };
  EXPECT_THAT(words(U"I'll go  on\n"), ElementsAre("I", "'ll", " go", " ", " on", "\n"));
  EXPECT_THAT(words(U" 's !'s"), ElementsAre(" '", "s", " !'", "s"));
  EXPECT_THAT(words(U"a1 23   "), ElementsAre("a", "1", " 23", "   "));
  EXPECT_THAT(words(U""), ElementsAre());
}

TEST(ByteLevelBpe, RefusesVocabulariesThatAreNone) {
  const auto refuse = [](const std::string& vocabulary, const std::string& reason,
                         const SpecialIds& special = kRoberta) {
    expect_error([&] { ByteLevelBpe(vocabulary, special, "test"); }, ErrorCode::corrupt_data,
                 reason);
  };
  refuse("", "byte 0 is no token");
  refuse("<s>\na\nb\n", "is no token");
  refuse(bytes_and("a\n"), "token 259 twice");
  refuse(bytes_and("\u2581\n"), "U+2581");
  refuse(bytes_and("\na b\n"), "\"a b\"");
  refuse(bytes_and("ab\n\nab\n"), "\"ab\"");
  refuse(bytes_and("ab\n\na xy\n"), "\"a xy\"");
  refuse(bytes_and(""), "special id: got 259", {.start = 0, .end = 259, .pad = 1});
  refuse(bytes_and(""), "special id: got -1", {.start = 0, .end = 2, .pad = -1});
}

}  // namespace
}  // namespace diptych::text
