#include "json/base64.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

std::vector<std::uint8_t> bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

/// The test vectors of RFC 4648, section 10.
TEST(Base64, AgreesWithTheStandard) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(bytes(plain)), encoded);
    EXPECT_EQ(from_base64(encoded), bytes(plain));
  }
}

TEST(Base64, RefusesOtherTexts) {
  for (const std::string_view text : {"Z", "Zg=", "Zg", "Z===", "Zm9v!A==", "Zh==", "=Zg="})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace diptych
