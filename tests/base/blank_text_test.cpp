#include "diptych/blank_text.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

TEST(BlankText, IsWhatNothingIsSeenOf) {
  for (const char* text : {"", " \t\r\n", "\x7F", "\u3000", "\u200B", "\uFEFF", "\u2060", "\u00AD",
                           " \u200B \u00AD", "\u202E\u2066", "\u3164", "\uFE0F"}) {
    EXPECT_TRUE(is_blank(text)) << text;
  }
  for (const char* text : {"a", " .", "\u200Ba", "\u732B", "\xE2\x80", "\xC2"})
    EXPECT_FALSE(is_blank(text)) << text;
  EXPECT_FALSE(is_blank(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace diptych
