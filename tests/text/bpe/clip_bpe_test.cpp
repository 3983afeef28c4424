#include "text/bpe/clip_bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/bpe/gzip.h"
#include "text/expect_error.h"
#include "text/fixtures.h"

namespace diptych {
namespace {

using test::expect_error;
using testing::ElementsAre;

using Ids = std::vector<std::int32_t>;

constexpr std::int32_t kStart = 49406;
constexpr std::int32_t kEnd = 49407;

TEST(ClipBpe, EqualsOpenClip) {
  const auto tokenizer = clip_tokenizer();
  for (const auto& entry : test::cases("expected.json", "clip_bpe")) {
    EXPECT_EQ(test::padded(*tokenizer, entry.at("text")), entry.at("ids").get<Ids>())
        << entry.at("text");
  }
}

// Ids: tokenizers 0.23 with transformers' CLIPTokenizer over CLIP's own merges.
TEST(ClipBpe, RepairsNothingAsTransformers) {
  const auto tokenizer = text::transformers_clip_tokenizer();
  const auto as_written = [&](std::string_view text) { return tokenizer->encode(text, 77); };
  EXPECT_THAT(as_written("don’t"), ElementsAre(kStart, 847, 728, 503, 339, kEnd));
  EXPECT_THAT(as_written("a &amp; b"), ElementsAre(kStart, 320, 261, 6259, 282, 321, kEnd));
  EXPECT_THAT(as_written("ｃａｔ"),
              ElementsAre(kStart, 171, 121, 225, 171, 121, 223, 171, 121, 498, kEnd));
  EXPECT_THAT(as_written("cafe\u0301"), ElementsAre(kStart, 15304, kEnd));
  EXPECT_THAT(as_written("ΟΣ"), ElementsAre(kStart, 138, 123, 139, 481, kEnd));
  EXPECT_THAT(as_written("IT'S 12 cats!!"),
              ElementsAre(kStart, 585, 568, 272, 273, 3989, 748, kEnd));
  EXPECT_THAT(as_written("ſun"), ElementsAre(kStart, 129, 123, 2271, kEnd));
  EXPECT_THAT(as_written("a\u0345b"), ElementsAre(kStart, 320, 137, 483, 321, kEnd));
  EXPECT_THAT(as_written("\x1c"
                         "a"),
              ElementsAre(kStart, 472, 320, kEnd));
  // Special tokens are such as they are written only.
  EXPECT_THAT(as_written("a<|endoftext|>b"), ElementsAre(kStart, 320, kEnd, 321, kEnd));
  EXPECT_THAT(as_written("<|ENDOFTEXT|>!!"),
              ElementsAre(kStart, 27, 347, 40786, 4160, 91, 285, 748, kEnd));
  EXPECT_THAT(tokenizer->encode("a a a a a", 4), ElementsAre(kStart, 320, 320, kEnd));
}

TEST(ClipBpe, EqualsOpenAi) {
  const auto tokenizer = clip_tokenizer(ClipSpecialTokens::openai);
  for (const auto& entry : test::cases("expected.json", "openai")) {
    EXPECT_EQ(test::padded(*tokenizer, entry.at("text")), entry.at("ids").get<Ids>())
        << entry.at("text");
  }
}

TEST(ClipBpe, DecodesAsOpenClipButForSpecialTokens) {
  const auto tokenizer = clip_tokenizer();
  for (const auto& entry : test::cases("expected.json", "clip_bpe")) {
    auto expected = entry.at("decoded").get<std::string>();
    for (const std::string special : {"<start_of_text>", "<end_of_text>"}) {
      if (const auto at = expected.find(special); at != expected.npos) {
        expected.erase(at, special.size());
      }
    }
    EXPECT_EQ(tokenizer->decode(entry.at("raw").get<Ids>()), expected) << entry.at("text");
  }
}

TEST(ClipBpe, DecodesBytesThatAreNotUtf8AsReplacements) {
  EXPECT_EQ(clip_tokenizer()->decode(Ids{kStart, 161, 320, kEnd}), "\ufffda ");
  expect_error(ErrorCode::invalid_argument, "token id: got 49408",
               [] { clip_tokenizer()->decode(Ids{49408}); });
  expect_error(ErrorCode::invalid_argument, "token id: got -1",
               [] { clip_tokenizer()->decode(Ids{-1}); });
}

TEST(ClipBpe, GivesTheLastPlaceOfALongTextToTheEnd) {
  const auto tokenizer = clip_tokenizer();
  EXPECT_THAT(tokenizer->encode("a photo of a cat", 7),
              ElementsAre(kStart, 320, 1125, 539, 320, 2368, kEnd));
  EXPECT_THAT(tokenizer->encode("a photo of a cat", 4), ElementsAre(kStart, 320, 1125, kEnd));
  EXPECT_THAT(tokenizer->encode("a photo of a cat", 2), ElementsAre(kStart, kEnd));
  expect_error(ErrorCode::invalid_argument, "context length: got 1",
               [&] { tokenizer->encode("a", 1); });
}

TEST(ClipBpe, MergesEveryWholeWordIntoItsToken) {
  // What lets `encode` look words up instead of merging them.
  const auto tokenizer = clip_tokenizer();
  const auto& bpe = dynamic_cast<const text::ClipBpe&>(*tokenizer);
  for (std::int32_t id = 256; id < kStart; ++id) {
    std::string word = bpe.decode(Ids{id});
    if (!word.ends_with(' ') || word.find("\ufffd") != word.npos) continue;
    word.pop_back();
    ASSERT_THAT(bpe.merge(word), ElementsAre(id)) << word;
  }
}

TEST(ClipBpe, MergesOverlappingPairsFromTheLeft) {
  const auto tokenizer = clip_tokenizer();
  EXPECT_THAT(tokenizer->encode("zzzzzzz", 77), ElementsAre(kStart, 35742, 20055, kEnd));
}

TEST(ClipBpe, EncodesAVeryLongWord) {
  const std::string word(1'000'000, 'q');
  EXPECT_EQ(clip_tokenizer()->encode(word, 77).size(), 77U);
}

TEST(ClipBpe, RefusesTextThatIsNotUtf8) {
  expect_error(ErrorCode::invalid_argument, "got byte 0xed at offset 2",
               [] { clip_tokenizer()->encode("ab\xed\xa0\x80", 77); });
}

TEST(ClipBpe, RefusesMergesThatAreNoGzipFile) {
  const std::byte bytes[] = {std::byte{'n'}, std::byte{'o'}};
  expect_error(ErrorCode::corrupt_data, "gzip data",
               [&] { text::ClipBpe(bytes, ClipSpecialTokens::open_clip); });
}

TEST(ClipBpe, RefusesMergesOfUnknownTokens) {
  const auto refuses = [](const std::string& merges, const std::string& message) {
    const std::vector<std::byte> file = test::gzip("#version\n" + merges);
    expect_error(ErrorCode::corrupt_data, message,
                 [&] { text::ClipBpe(file, ClipSpecialTokens::open_clip); });
  };
  refuses("i n\nin q</w>\nxyz a\n", "merges: got \"xyz a\" for token 514");
  refuses("i n\n", "merges: got \"\" for token 513");
  refuses("i \u732b\n", "merges: got U+732B");
}

TEST(ClipBpe, DescribesClip) {
  const auto tokenizer = clip_tokenizer();
  EXPECT_EQ(tokenizer->vocabulary_size(), 49408);
  EXPECT_EQ(tokenizer->pad_id(), 0);
  EXPECT_EQ(tokenizer->default_context_length(), 77);
  EXPECT_EQ(tokenizer, clip_tokenizer()) << "built once";
}

}  // namespace
}  // namespace diptych
