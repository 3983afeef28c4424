#include <gtest/gtest.h>

#include "diptych/tokenizer.h"
#include "text/fixtures.h"

namespace diptych {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr int kUncut = 4096;

TEST(Repair, ClipEqualsOpenClipOnBrokenText) {
  const auto tokenizer = clip_tokenizer();
  for (const auto& entry : test::cases("repair.json", "cases")) {
    EXPECT_EQ(tokenizer->encode(entry.at("text").get<std::string>(), kUncut),
              entry.at("clip").get<Ids>())
        << entry.at("text");
  }
}

TEST(Repair, ChineseEqualsChineseClipOnBrokenText) {
  const auto tokenizer = chinese_tokenizer();
  for (const auto& entry : test::cases("repair.json", "cases")) {
    EXPECT_EQ(tokenizer->encode(entry.at("text").get<std::string>(), kUncut),
              entry.at("chinese").get<Ids>())
        << entry.at("text");
  }
}

}  // namespace
}  // namespace diptych
