#include "text/repair/single_byte_encodings.h"

#include <gtest/gtest.h>

#include <set>

namespace diptych::text {
namespace {

constexpr std::size_t kLatin1 = 0;
constexpr std::size_t kWindows1252 = 1;
constexpr std::size_t kWindows1251 = 2;

TEST(SingleByteEncodings, HaveEachCharacterOnce) {
  for (const SingleByteEncoding& encoding : mojibake_encodings()) {
    const std::u16string_view half = encoding.upper_half;
    EXPECT_EQ(std::set<char16_t>(half.begin(), half.end()).size(), 128U);
  }
}

TEST(SingleByteEncodings, EncodeOrRefuse) {
  const auto encodings = mojibake_encodings();
  EXPECT_EQ(encode(U"a\u00e9\u0092", encodings[kLatin1]), "a\xe9\x92");
  EXPECT_EQ(encode(U"\u2019", encodings[kLatin1]), std::nullopt);
  EXPECT_EQ(encode(U"\u2019\u0081", encodings[kWindows1252]), "\x92\x81");
  EXPECT_EQ(encode(U"\u0092", encodings[kWindows1252]), std::nullopt);
  EXPECT_EQ(encode(U"\u042f", encodings[kWindows1251]), "\xdf");
  EXPECT_EQ(encode(U"\U0001f600", encodings[kWindows1251]), std::nullopt);
}

TEST(SingleByteEncodings, KeepLostCharactersOnlyWhenSloppy) {
  const auto encodings = mojibake_encodings();
  EXPECT_EQ(encode(U"\ufffd", encodings[kWindows1252]), "\x1a");
  EXPECT_EQ(encode(U"\x1a", encodings[kWindows1252]), std::nullopt);
  EXPECT_EQ(encode(U"\ufffd", encodings[kLatin1]), std::nullopt);
  EXPECT_EQ(encode(U"\x1a", encodings[kLatin1]), "\x1a");
}

}  // namespace
}  // namespace diptych::text
