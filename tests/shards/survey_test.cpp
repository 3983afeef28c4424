#include "shards/survey.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/atomic_file.h"
#include "shards/crafted_tar.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

TEST(Survey, CountsWhatCanBeUsedAndWhyNot) {
  const diptych::test::TemporaryFolder folder;
  test::CraftedTar tar;
  tar.add("a.jpg", "x").add("a.json", R"({"names": "a dog"})");
  tar.add("b.jpg", "x").add("b.json", R"({"other": "a dog"})");
  tar.add("c.jpg", "x").add("c.json", "[]");
  const auto table = folder.path() / "t.csv";
  write_file(table, "filepath,title\n/nowhere/x.jpg,a dog\n");
  const Dataset dataset({{tar.end().save(folder.path() / "0.tar"), table}});
  const Survey all = survey(dataset, {.json_text_key = "names"}, 100);
  EXPECT_EQ(all.looked_at, 4U);
  EXPECT_EQ(all.usable, 1U);
  EXPECT_EQ(all.with_text_key, 1U);
  EXPECT_EQ(all.refused.count(RefusalReason::no_caption), 1U);
  EXPECT_EQ(all.refused.count(RefusalReason::unreadable_json), 1U);
  EXPECT_EQ(all.refused.count(RefusalReason::missing_picture), 1U);
}

TEST(Survey, CountsTheCaptionsThatUsableSamplesLose) {
  const diptych::test::TemporaryFolder folder;
  test::CraftedTar tar;
  tar.add("a.jpg", "x").add("a.json", R"({"names": ["a dog", "", 3]})");
  tar.add("b.jpg", "x").add("b.json", R"({"names": [""]})");
  const Dataset dataset({{tar.end().save(folder.path() / "0.tar")}});
  const Survey all = survey(dataset, {.json_text_key = "names"}, 100);
  EXPECT_EQ(all.usable, 1U);
  ASSERT_EQ(all.captions.size(), 1U);
  EXPECT_EQ(all.captions.front(), std::vector<std::string>({"a dog"}));
  EXPECT_EQ(all.captions_left_out.samples(), 2U);
  EXPECT_EQ(all.captions_left_out.count(RefusalReason::empty_caption), 1U);
  EXPECT_EQ(all.captions_left_out.count(RefusalReason::unreadable_json), 1U);
  EXPECT_EQ(all.refused.count(RefusalReason::empty_caption), 1U);
}

TEST(Survey, KnowsWhatMostSamplesHaveInCommon) {
  const diptych::test::TemporaryFolder folder;
  test::CraftedTar tar;
  tar.add("a.jpg", "x").add("a.json", R"({"names": ["a dog", "a cat"]})");
  tar.add("b.jpg", "y").add("b.json", R"({"names": ["a dog", "NULL"]})");
  tar.add("c.jpg", "y").add("c.json", R"({"names": ["a dog", "a cat"]})");
  const Dataset dataset({{tar.end().save(folder.path() / "0.tar")}});
  const Survey all = survey(dataset, {.json_text_key = "names"}, 100);
  EXPECT_EQ(all.common_captions.count, 2U);
  EXPECT_EQ(all.common_captions.example, "a dog");
  EXPECT_EQ(all.common_picture.count, 2U);
  EXPECT_NE(all.common_picture.example.find("key b"), std::string::npos);
  ASSERT_EQ(all.remarks.sentences().size(), 1U);
  EXPECT_NE(all.remarks.sentences().front().find("stand for none"), std::string::npos);
}

TEST(Survey, SpreadsItsLookOverAllSamples) {
  const diptych::test::TemporaryFolder folder;
  test::CraftedTar tar;
  for (int i = 0; i < 10; ++i) {
    const std::string key = std::to_string(i);
    tar.add(key + ".jpg", "x").add(key + ".json", i < 5 ? "[]" : R"({"names": "a dog"})");
  }
  const Dataset dataset({{tar.end().save(folder.path() / "0.tar")}});
  const Survey some = survey(dataset, {.json_text_key = "names"}, 4);
  EXPECT_EQ(some.looked_at, 4U);
  EXPECT_EQ(some.usable, 2U);
  EXPECT_EQ(survey(dataset, {}, 0).looked_at, 0U);
}

}  // namespace
}  // namespace diptych::shards
