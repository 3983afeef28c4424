#include "evaluate/zeroshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"
#include "evaluate/fakes.h"
#include "support/support.h"

namespace diptych::evaluate {
namespace {

using test::FakeEmbedder;
using test::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::map<std::string, std::vector<float>> kTable = {{"A photo of a cat", {1, 0}},
                                                          {"A photo of a red dog", {0, 1}},
                                                          {"cat picture", {2, 1}},
                                                          {"dog picture", {1, 3}},
                                                          {"odd dog", {3, 1}}};

TEST(ZeroShot, CountsAsByHandAndListsFailures) {
  const diptych::test::TemporaryFolder folder;
  write(folder.path() / "cat/1.jpg", "broken");
  write(folder.path() / "cat/2.jpg", "cat picture");
  write(folder.path() / "red_dog/1.jpg", "dog picture");
  write(folder.path() / "red_dog/2.jpg", "odd dog");
  write(folder.path() / "red_dog/3.jpg", "dog picture");
  std::vector<std::string> stages;
  ZeroShotOptions options;
  options.progress = [&](std::string_view what, std::size_t done, std::size_t total) {
    stages.push_back(fmt::format("{} {}/{}", what, done, total));
  };
  const ZeroShotReport report = evaluate_zeroshot(FakeEmbedder(kTable), folder.path(), options);
  EXPECT_EQ(report.classification.images, 4U);
  EXPECT_EQ(report.classification.classes, 2U);
  EXPECT_EQ(report.classification.accuracy[0].share, 3.0 / 4);
  EXPECT_EQ(report.classification.accuracy[1].share, 1.0);
  EXPECT_EQ(report.classification.mean_per_class_recall, (1.0 + 2.0 / 3) / 2);
  EXPECT_EQ(report.templates, 1U);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_THAT(report.failures[0].message, HasSubstr("cat/1.jpg"));
  EXPECT_THAT(stages, ElementsAre("texts 2/2", "images 5/5"));
}

TEST(ZeroShot, RefusesAFolderOfNothingButBrokenPictures) {
  const diptych::test::TemporaryFolder folder;
  write(folder.path() / "cat/1.jpg", "broken");
  try {
    evaluate_zeroshot(FakeEmbedder(kTable), folder.path(), {});
    FAIL() << "figures without a picture";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("cat/1.jpg"));
  }
}

}  // namespace
}  // namespace diptych::evaluate
