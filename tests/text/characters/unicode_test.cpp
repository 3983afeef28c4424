#include "text/characters/unicode.h"

#include <gtest/gtest.h>

#include "text/expect_error.h"

namespace diptych::text {
namespace {

using test::expect_error;

TEST(Unicode, DecodesAndEncodesUtf8) {
  const std::string text = "a\u00e9\u732b\U0001f600";
  EXPECT_EQ(decode_utf8(text), U"a\u00e9\u732b\U0001f600");
  EXPECT_EQ(encode_utf8(decode_utf8(text)), text);
}

TEST(Unicode, NamesTheOffsetOfWhatIsNotUtf8) {
  const auto refused = [](const std::string& text, const std::string& message) {
    expect_error(ErrorCode::invalid_argument, message, [&] { decode_utf8(text); });
  };
  refused("\x80", "byte 0x80 at offset 0");                 // a continuation without a lead
  refused("a\xc3", "byte 0xc3 at offset 1");                // cut off
  refused("a\xc3z", "byte 0xc3 at offset 1");               // a lead without a continuation
  refused("\xc0\xaf", "byte 0xc0 at offset 0");             // overlong
  refused("\u00e9\xed\xa0\x80", "byte 0xed at offset 2");   // a surrogate
  refused("abc\xf4\x90\x80\x80", "byte 0xf4 at offset 3");  // beyond U+10FFFF
}

TEST(Unicode, ReplacesEachMaximalInvalidSequence) {
  EXPECT_EQ(decode_utf8_lossy("a\xe7\x8c"
                              "b\xff\xed\xa0\x80"),
            U"a\ufffdb\ufffd\ufffd\ufffd\ufffd");
}

TEST(Unicode, KnowsPythonsWhitespace) {
  for (const char32_t c :
       U"\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u200a"
       U"\u2028\u2029\u202f\u205f\u3000") {
    EXPECT_TRUE(c == 0 || is_whitespace(c)) << static_cast<std::uint32_t>(c);
  }
  for (const char32_t c : U"a\u001b\u200b\u180e\ufeff\u2060") {
    EXPECT_FALSE(is_whitespace(c)) << static_cast<std::uint32_t>(c);
  }
}

TEST(Unicode, Normalises) {
  EXPECT_EQ(normalise(U"e\u0301", NormalForm::nfc), U"\u00e9");
  EXPECT_EQ(normalise(U"\u00e9", NormalForm::nfd), U"e\u0301");
  EXPECT_EQ(normalise(U"\uff21\ufb01", NormalForm::nfkc), U"Afi");
  EXPECT_EQ(normalise(U"\ufdfa", NormalForm::nfkc).size(), 18U) << "grows beyond the first guess";
}

TEST(Unicode, MapsCase) {
  EXPECT_EQ(lower_case(U"AZaz@["), U"azaz@[");
  EXPECT_EQ(lower_case(U"\u0130\u0391\u03a3 \u03a3\u0391"), U"i\u0307\u03b1\u03c2 \u03c3\u03b1");
  EXPECT_EQ(upper_case(U"stra\u00dfe"), U"STRASSE");
}

TEST(Unicode, LowersEachCharacterByItself) {
  EXPECT_EQ(lower_case(U"ΟΣ a"), U"ος a");
  EXPECT_EQ(lower_case_of_each(U"ΟΣ a"), U"οσ a");
  EXPECT_EQ(lower_case_of_each(U"İK"), U"i\u0307k");
}

TEST(Unicode, KnowsWhatUnicodeCallsWhiteSpace) {
  for (const char32_t c : {U' ', U'\t', U'\u0085', U'\u00A0', U'\u3000'})
    EXPECT_TRUE(is_unicode_space(c));
  for (const char32_t c : {U'\x1C', U'\x1F', U'a', U'\u200B'}) EXPECT_FALSE(is_unicode_space(c));
}

}  // namespace
}  // namespace diptych::text
