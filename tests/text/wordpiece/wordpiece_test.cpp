#include "text/wordpiece/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "text/expect_error.h"
#include "text/fixtures.h"

namespace diptych {
namespace {

using test::expect_error;
using testing::ElementsAre;

using namespace std::string_literals;
using Ids = std::vector<std::int32_t>;

constexpr const char* kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\n##a\n##b\ncafe\n猫\n,\n##ff\n";

TEST(WordPiece, EqualsChineseClip) {
  const auto tokenizer = chinese_tokenizer();
  for (const auto& entry : test::cases("expected.json", "chinese")) {
    EXPECT_EQ(test::padded(*tokenizer, entry.at("text")), entry.at("ids").get<Ids>())
        << entry.at("text");
  }
}

TEST(WordPiece, TakesTheLongestPieceFromTheLeft) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_THAT(tokenizer->encode("unaffable", 52), ElementsAre(2, 4, 5, 6, 3));
  EXPECT_THAT(tokenizer->encode("unab", 52), ElementsAre(2, 4, 7, 8, 3));
}

// Ids: tokenizers 0.23, BertNormalizer.
TEST(WordPiece, RemovesPrivateUseAsTransformers) {
  const text::WordPiece own(kVocabulary, "test");
  const text::WordPiece theirs(kVocabulary, "test", {}, true);
  EXPECT_THAT(own.encode("un\uE000able", 52), ElementsAre(2, 1, 3));
  EXPECT_THAT(theirs.encode("un\uE000able", 52), ElementsAre(2, 4, 6, 3));
  EXPECT_THAT(theirs.encode("un\uFFFDable", 52), ElementsAre(2, 4, 6, 3));
  EXPECT_THAT(theirs.encode("un\uFDD0", 52), ElementsAre(2, 1, 3));  // no character, but kept
  EXPECT_THAT(theirs.encode("UN CAFÉ", 52), ElementsAre(2, 4, 9, 3));
  EXPECT_THAT(theirs.encode("un[SEP]un [MASK] [sep]", 4), ElementsAre(2, 4, 3, 3));
  EXPECT_THAT(own.encode("un[SEP]", 52), ElementsAre(2, 4, 1, 1, 1, 3));
}

TEST(WordPiece, IsUnknownAsAWholeWhenAnyPartIs) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_THAT(tokenizer->encode("unaffz un", 52), ElementsAre(2, 1, 4, 3));
}

TEST(WordPiece, LowersCaseStripsAccentsAndIsolatesIdeographsAndMarks) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_THAT(tokenizer->encode("CAF\u00c9\u732bun,cafe\u0301", 52),
              ElementsAre(2, 9, 10, 4, 11, 9, 3));
}

TEST(WordPiece, DropsControlCharactersInsideWords) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_THAT(tokenizer->encode("u\0n\u200baff\u00adable\x7f\ufffd"s, 52),
              ElementsAre(2, 4, 5, 6, 3));
}

TEST(WordPiece, SeparatesWordsAtEveryWhitespace) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_THAT(tokenizer->encode("un\tun\nun\u00a0un\u3000un\u2028un", 52),
              ElementsAre(2, 4, 4, 4, 4, 4, 4, 3));
}

TEST(WordPiece, WordsBeyondTheLimitAreUnknown) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  const std::string longest = "un" + std::string(198, 'a');
  EXPECT_EQ(tokenizer->encode(longest, 512).size(), 201U);
  EXPECT_THAT(tokenizer->encode(longest + "a", 512), ElementsAre(2, 1, 3));
}

TEST(WordPiece, CutsBeforeTheEndToken) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_THAT(tokenizer->encode("unaffable un", 4), ElementsAre(2, 4, 5, 3));
  EXPECT_THAT(tokenizer->encode("unaffable", 2), ElementsAre(2, 3));
  expect_error(ErrorCode::invalid_argument, "context length: got 1",
               [&] { tokenizer->encode("un", 1); });
}

TEST(WordPiece, DecodesWithoutSpecialTokens) {
  const auto tokenizer = wordpiece_tokenizer_from(kVocabulary, "test");
  EXPECT_EQ(tokenizer->decode(Ids{2, 4, 5, 6, 11, 1, 3, 0, 0}), "unaffable , [UNK]");
  expect_error(ErrorCode::invalid_argument, "token id: got 13",
               [&] { tokenizer->decode(Ids{13}); });
  expect_error(ErrorCode::invalid_argument, "token id: got -1",
               [&] { tokenizer->decode(Ids{-1}); });
}

TEST(WordPiece, RefusesTextThatIsNotUtf8) {
  expect_error(ErrorCode::invalid_argument, "got byte 0xff at offset 3",
               [] { chinese_tokenizer()->encode("abc\xff", 52); });
}

TEST(WordPiece, RefusesBadVocabularies) {
  expect_error(ErrorCode::corrupt_data, "without [UNK], expected one (a.txt)",
               [] { wordpiece_tokenizer_from("[PAD]\n[CLS]\n[SEP]\n", "a.txt"); });
  expect_error(ErrorCode::corrupt_data, "without [PAD]",
               [] { wordpiece_tokenizer_from("", "a.txt"); });
  expect_error(ErrorCode::corrupt_data, "not UTF-8",
               [] { wordpiece_tokenizer_from("[PAD]\n[UNK]\n[CLS]\n[SEP]\n\xc3", "a.txt"); });
  expect_error(ErrorCode::not_found, "/nowhere", [] { wordpiece_tokenizer("/nowhere"); });
}

TEST(WordPiece, ReadsAVocabularyFileWithWindowsLineEnds) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "vocab.txt";
  write_file(path, "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nun");
  const auto tokenizer = wordpiece_tokenizer(path);
  EXPECT_EQ(tokenizer->vocabulary_size(), 5);
  EXPECT_THAT(tokenizer->encode("un", 52), ElementsAre(2, 4, 3));
}

TEST(WordPiece, DescribesChineseClip) {
  const auto tokenizer = chinese_tokenizer();
  EXPECT_EQ(tokenizer->vocabulary_size(), 21128);
  EXPECT_EQ(tokenizer->pad_id(), 0);
  EXPECT_EQ(tokenizer->default_context_length(), 52);
}

}  // namespace
}  // namespace diptych
