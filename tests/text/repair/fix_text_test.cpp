#include "text/repair/fix_text.h"

#include <gtest/gtest.h>

#include "text/characters/unicode.h"
#include "text/fixtures.h"

namespace diptych::text {
namespace {

std::string fixed(const std::string& text) {
  return encode_utf8(fix_text(decode_utf8(text)));
}

TEST(FixText, EqualsFtfy) {
  for (const auto& entry : test::cases("repair.json", "cases")) {
    EXPECT_EQ(fixed(entry.at("text")), entry.at("fixed")) << entry.at("text");
  }
}

TEST(FixText, RepairsMojibakeOfEachEncoding) {
  EXPECT_EQ(fixed("sÃ³"), "só");
  EXPECT_EQ(fixed("Ð¿Ñ€Ð¸Ð²ÐµÑ‚"), "привет");
  EXPECT_EQ(fixed("РїСЂРёРІРµС‚"), "привет");
  EXPECT_EQ(fixed("RÃƒÂ©sumÃƒÂ©"), "Résumé");
}

TEST(FixText, LeavesGoodTextAlone) {
  for (const std::string text : {"naïve café", "Å ñ ß", "¿Qué? 5 €", "中文、日本語", "plain"}) {
    EXPECT_EQ(fixed(text), text);
  }
}

TEST(FixText, TakesReferencesForTextOnlyUntilATag) {
  EXPECT_EQ(fixed("&lt;\n&gt;"), "<\n>");
  EXPECT_EQ(fixed("&gt;\n<b>&gt;\n&gt;"), ">\n<b>&gt;\n&gt;");
}

TEST(FixText, EndsOnTextEscapedManyTimes) {
  std::string text = "&";
  for (int i = 0; i < 100'000; ++i) text += "amp;";
  EXPECT_LT(fixed(text).size(), text.size());
}

TEST(FixText, CutsVeryLongLines) {
  const std::string line = std::string(999'999, 'a') + "Ã©";
  EXPECT_EQ(fixed(line), line) << "the two halves of the letter are repaired apart";
  EXPECT_EQ(fixed(line.substr(2)), line.substr(2, 999'997) + "é");
}

}  // namespace
}  // namespace diptych::text
