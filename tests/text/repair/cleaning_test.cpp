#include "text/repair/cleaning.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace diptych::text {
namespace {

// Expected: open_clip 3.3.0's get_clean_fn.
TEST(Cleaning, RepairsAndCollapsesWhitespace) {
  EXPECT_EQ(clean("  Sch\xc3\x83\xc2\xb6n \t&amp;\n x ", Cleaning::whitespace), "Sch\u00f6n & x");
  EXPECT_EQ(clean("  A  B ", Cleaning::lower), "a b");
  EXPECT_EQ(clean("  A  B ", Cleaning::none), "  A  B ");
}

TEST(Cleaning, CanonicalizesAsSiglip) {
  EXPECT_EQ(clean("A_photo, of \"Two\" dogs' [toys]!", Cleaning::canonicalize),
            "a photo of two dogs toys");
  EXPECT_EQ(clean(" ... ", Cleaning::canonicalize), "");
  // Only ASCII's punctuation goes.
  EXPECT_EQ(clean("\u4e00\u3002 \u00bfQu\u00e9?", Cleaning::canonicalize),
            "\u4e00\u3002 \u00bfqu\u00e9");
}

// Nothing is repaired, and an underscore leaves no space.
TEST(Cleaning, RemovesPunctuationAsTransformers) {
  EXPECT_EQ(
      clean("A_photo, of \t Sch\xc3\x83\xc2\xb6n &amp; \"Two\"!", Cleaning::remove_punctuation),
      "aphoto of sch\u00e3\u00b6n amp two");
  EXPECT_EQ(clean(" ... ", Cleaning::remove_punctuation), "");
  EXPECT_EQ(clean(" A_photo,  of ", Cleaning::only_lower), " a_photo,  of ");
}

TEST(Cleaning, RefusesTextThatIsNotUtf8) {
  test::expect_error([] { clean("\xff", Cleaning::none); }, ErrorCode::invalid_argument, "UTF-8");
}

}  // namespace
}  // namespace diptych::text
