#include "text/bpe/clip_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych::text {
namespace {

using testing::ElementsAre;

constexpr std::array<std::u32string_view, 2> kSpecial = {U"<s>", U"<t>"};

TEST(ClipWords, AreLetterRunsSingleDigitsAndOtherRuns) {
  EXPECT_THAT(clip_words(U"c++20 na\u00efve\t\u732b!? \u00bd", kSpecial),
              ElementsAre(U"c", U"++", U"2", U"0", U"na\u00efve", U"\u732b", U"!?", U"\u00bd"));
}

TEST(ClipWords, CutContractionsOnlyWhereAWordOtherwiseStarts) {
  EXPECT_THAT(clip_words(U"it's we'll 'tis o'neil", kSpecial),
              ElementsAre(U"it", U"'s", U"we", U"'ll", U"'t", U"is", U"o", U"'", U"neil"));
  EXPECT_THAT(clip_words(U"!'s", kSpecial), ElementsAre(U"!'", U"s"));
}

TEST(ClipWords, FindSpecialTokens) {
  EXPECT_THAT(clip_words(U"a<s>b<t><u>", kSpecial),
              ElementsAre(U"a", U"<s>", U"b", U"<t>", U"<", U"u", U">"));
  EXPECT_THAT(clip_words(U"!<s>", kSpecial), ElementsAre(U"!<", U"s", U">"));
}

TEST(ClipWords, IgnoreCaseOfTheLongS) {
  EXPECT_THAT(clip_words(U"it'\u017f <\u017f>", kSpecial),
              ElementsAre(U"it", U"'\u017f", U"<\u017f>"));
}

TEST(ClipWords, DropTheIotaSubscript) {
  EXPECT_THAT(clip_words(U"a\u0345b!\u0345!", kSpecial), ElementsAre(U"a", U"b", U"!", U"!"));
}

TEST(ClipClean, RepairsUnescapesAndLowersCase) {
  EXPECT_EQ(clip_clean(U"CAF\u00c3\u00a9 &amp;amp;lt; A&ampB"), U"caf\u00e9 < a&b");
}

}  // namespace
}  // namespace diptych::text
