#include "text/repair/badness.h"

#include <gtest/gtest.h>

namespace diptych::text {
namespace {

TEST(Badness, SeesUnlikelySequences) {
  for (const std::u32string_view text :
       {U"caf\u0092", U"sÃ³", U"é€", U"xâ€™s", U" Å£", U"œ.", U"Ã\u00a0", U"a Ã ", U"Ã x", U"Â x",
        U"Р°Р°Р°", U"вЂ”", U"ØªØ§", U"à¤¹", U"√©t√©", U"├®", U"β€\u00a0", U"ā€"}) {
    EXPECT_TRUE(is_bad(text)) << testing::PrintToString(text);
  }
}

TEST(Badness, AcceptsWhatPeopleWrite) {
  for (const std::u32string_view text :
       {U"", U"plain", U"naïve café", U"œuvre", U"“curly” ‘quotes’", U"5 €", U"£5", U"Привет, мир",
        U"Ξεσκεπάζω", U"Ångström", U"×2", U"中文", U"😀", U"x Â", U"5Â x"}) {
    EXPECT_FALSE(is_bad(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace diptych::text
