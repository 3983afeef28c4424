#include "text/repair/altered_utf8.h"

#include <gtest/gtest.h>

namespace diptych::text {
namespace {

TEST(AlteredUtf8, RestoresNoBreakSpaces) {
  EXPECT_EQ(restore_byte_a0("\xc3 la"), "\xc3\xa0 la") << "a word of its own keeps its space";
  EXPECT_EQ(restore_byte_a0("\xc3 s vezes \xc3 quela"), "\xc3\xa0s vezes \xc3\xa0quela");
  EXPECT_EQ(restore_byte_a0("\xe2\x80 \xe2 \x94"), "\xe2\x80\xa0\xe2\xa0\x94");
  EXPECT_EQ(restore_byte_a0("\xf0\x9f \x80"), "\xf0\x9f\xa0\x80");
}

TEST(AlteredUtf8, LeavesOtherSpaces) {
  for (const std::string_view bytes :
       {"a b", "\xc4 x", "\xe0 \x94", "\xe1 \x94", "\xe4\x94 ", "\xe2 \x85"}) {
    EXPECT_EQ(restore_byte_a0(bytes), bytes);
  }
}

TEST(AlteredUtf8, ReplacesLossySequences) {
  EXPECT_EQ(replace_lossy_sequences("\xe2\x80\x1a.\x1a"), "\ufffd.\ufffd");
  EXPECT_EQ(replace_lossy_sequences("\xc3?\xc4?\xf0\x9f?\x80"), "\ufffd\xc4?\ufffd");
  EXPECT_EQ(replace_lossy_sequences("\xed\xa0?\xed\xb0\x80"), "\ufffd");
  EXPECT_EQ(replace_lossy_sequences("what? \xe2\x80\x94"), "what? \xe2\x80\x94");
}

TEST(AlteredUtf8, DecodesVariants) {
  EXPECT_EQ(decode_utf8_variants("a\xed\xa0\xbd\xed\xb8\x80"
                                 "b"),
            U"a\U0001f600b");
  EXPECT_EQ(decode_utf8_variants("a\xc0\x80\u00e9"), std::u32string(U"a\0\u00e9", 3));
  EXPECT_EQ(decode_utf8_variants("\xed\x95\x9c"), U"\ud55c") << "no surrogate";
}

TEST(AlteredUtf8, DecodesNothingElse) {
  for (const std::string_view bytes :
       {"\xe9", "a\xc3", "\xc0\xaf", "\xed\xa0\xbd", "\xed\xb8\x80\xed\xa0\xbd"}) {
    EXPECT_EQ(decode_utf8_variants(bytes), std::nullopt);
  }
}

TEST(AlteredUtf8, SwallowsTheLineFeedWhereTheReferenceDoes) {
  EXPECT_EQ(decode_utf8_variants("a\xc0\n"), std::u32string(U"a\0", 2));
  EXPECT_EQ(decode_utf8_variants("a\xc0\nb"), std::nullopt);
  EXPECT_EQ(decode_utf8_variants("\xed\xa0\x80\xed\xb0\n"), U"\U0001000a");
}

}  // namespace
}  // namespace diptych::text
