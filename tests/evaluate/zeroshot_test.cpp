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
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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
  ASSERT_EQ(report.classification.accuracy.size(), 1U);
  EXPECT_EQ(report.classification.accuracy[0].share, 3.0 / 4);
  EXPECT_EQ(report.classification.mean_per_class_recall, (1.0 + 2.0 / 3) / 2);
  EXPECT_EQ(report.templates, 1U);
  EXPECT_THAT(report.prompts, ElementsAre("A photo of a cat", "A photo of a red dog"));
  EXPECT_THAT(report.notes,
              ElementsAre(HasSubstr("top-5 is left out"), HasSubstr("in their class before: 1")));
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_THAT(report.failures[0].message, HasSubstr("cat/1.jpg"));
  EXPECT_THAT(stages, ElementsAre("texts 2/2", "images 5/5"));
}

TEST(ZeroShot, RefusesAFolderOfNothingButBrokenPictures) {
  const diptych::test::TemporaryFolder folder;
  write(folder.path() / "cat/1.jpg", "broken");
  write(folder.path() / "red_dog/1.jpg", "broken");
  try {
    evaluate_zeroshot(FakeEmbedder(kTable), folder.path(), {});
    FAIL() << "figures without a picture";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("cat/1.jpg"));
  }
}

/// What an evaluation says beside its figures, of top-1 only.
std::vector<std::string> notes_of(const std::filesystem::path& folder,
                                  const std::filesystem::path& class_names = {}) {
  std::map<std::string, std::vector<float>> table = kTable;
  table["A photo of a Cat"] = table.at("A photo of a cat");
  ZeroShotOptions options;
  options.ks = {1};
  options.class_names = class_names;
  return evaluate_zeroshot(FakeEmbedder(table), folder, options).notes;
}

TEST(ZeroShot, NotesClassesWithoutPicturesThatCouldBeRead) {
  const diptych::test::TemporaryFolder folder;
  write(folder.path() / "cat/1.jpg", "cat picture");
  write(folder.path() / "red_dog/1.jpg", "broken");
  EXPECT_THAT(notes_of(folder.path()), ElementsAre(HasSubstr("1 of 2 classes have no picture that "
                                                             "could be read, but may be answered: "
                                                             "'red dog'")));
}

TEST(ZeroShot, NotesPicturesOfSeveralClasses) {
  const diptych::test::TemporaryFolder folder;
  write(folder.path() / "cat/1.jpg", "cat picture");
  write(folder.path() / "red_dog/1.jpg", "cat picture");
  write(folder.path() / "red_dog/2.jpg", "dog picture");
  EXPECT_THAT(notes_of(folder.path()), ElementsAre(HasSubstr("in another class too: 1")));
}

TEST(ZeroShot, NotesNamesThatTheModelCannotTellApart) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"Cat/1.jpg", "cat/1.jpg"}) write(folder.path() / name, "cat picture");
  EXPECT_THAT(notes_of(folder.path()),
              Contains(HasSubstr("class names 'Cat', 'cat' are the same")));
}

TEST(ZeroShot, NotesAnAccuracyThatGuessingHas) {
  const diptych::test::TemporaryFolder folder;
  for (int i = 0; i < 10; ++i) {
    write(folder.path() / fmt::format("a/{}.jpg", i), i < 5 ? "cat picture" : "dog picture");
    write(folder.path() / fmt::format("b/{}.jpg", i), i < 6 ? "odd dog" : "dog picture");
  }
  write(folder.path() / "names.txt", "a\tcat\nb\tred dog");
  EXPECT_THAT(notes_of(folder.path(), folder.path() / "names.txt"),
              Contains(HasSubstr("no better than guessing (50.00 %)")));
  write(folder.path() / "b/10.jpg", "dog picture");
  write(folder.path() / "b/11.jpg", "dog picture");
  write(folder.path() / "b/12.jpg", "dog picture");
  EXPECT_THAT(notes_of(folder.path(), folder.path() / "names.txt"),
              Not(Contains(HasSubstr("guessing"))));
}

TEST(ZeroShot, RefusesTopZero) {
  const diptych::test::TemporaryFolder folder;
  write(folder.path() / "cat/1.jpg", "cat picture");
  write(folder.path() / "red_dog/1.jpg", "dog picture");
  ZeroShotOptions options;
  options.ks = {0};
  EXPECT_THROW(evaluate_zeroshot(FakeEmbedder(kTable), folder.path(), options), Error);
}

TEST(ZeroShot, NotesPicturesThatAClassHoldsSeveralTimes) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"cat/1.jpg", "cat/2.jpg", "cat/3.jpg"})
    write(folder.path() / name, "cat picture");
  write(folder.path() / "red_dog/1.jpg", "dog picture");
  EXPECT_THAT(notes_of(folder.path()), ElementsAre(HasSubstr("in their class before: 2")));
}

}  // namespace
}  // namespace diptych::evaluate
