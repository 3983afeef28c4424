#include "shards/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::shards {
namespace {

using ::testing::ElementsAre;

TEST(Refusal, SaysInOneLineWhatAndWhere) {
  const Refusal row{RefusalReason::malformed_row, "t.csv", "line 7", "got 3 fields"};
  EXPECT_EQ(row.message(), "got 3 fields (t.csv, line 7)");
  const Refusal file{RefusalReason::missing_source, "t.csv", "", "cannot open t.csv"};
  EXPECT_EQ(file.message(), "cannot open t.csv");
}

TEST(Refusal, SendsNoControlCharactersToATerminal) {
  const Refusal refusal{RefusalReason::no_caption, "a.tar", "key \x1B[31m\n\x7F", "none"};
  EXPECT_EQ(refusal.message(), "none (a.tar, key \\x1b[31m\\x0a\\x7f)");
}

TEST(Refusal, CutsWhatAFileMadeLong) {
  const Refusal refusal{RefusalReason::missing_picture, "t.csv", "line 7",
                        "x" + std::string(400, '\x20') + std::string(9000, 'p')};
  EXPECT_LT(refusal.message().size(), 600U);
  EXPECT_TRUE(refusal.message().ends_with("... (t.csv, line 7)"));
}

TEST(Refusals, CountsByReasonAndKeepsTheFirstExamples) {
  Refusals some;
  for (int i = 0; i < 7; ++i)
    some.add({RefusalReason::no_caption, "a.tar", std::to_string(i), "none"});
  some.add({RefusalReason::missing_source, "b.tar", "", "gone"});
  Refusals all;
  EXPECT_FALSE(all.any());
  all.add(some);
  all.add(some);
  EXPECT_EQ(all.samples(), 14U);
  EXPECT_EQ(all.sources(), 2U);
  EXPECT_THAT(all.reasons(), ElementsAre(RefusalReason::no_caption, RefusalReason::missing_source));
  EXPECT_EQ(all.examples(RefusalReason::no_caption).size(), Refusals::kMaxExamples);
  EXPECT_EQ(all.examples(RefusalReason::no_caption).front().place, "0");
}

TEST(RefusalReason, HasAWordOfItsOwn) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kRefusalReasons; ++i)
    names.push_back(name(static_cast<RefusalReason>(i)));
  EXPECT_EQ(name(RefusalReason::unreadable_picture), "unreadable_picture");
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), kRefusalReasons);
}

}  // namespace
}  // namespace diptych::shards
