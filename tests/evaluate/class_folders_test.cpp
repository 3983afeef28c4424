#include "evaluate/class_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"
#include "evaluate/fakes.h"
#include "support/support.h"

namespace diptych::evaluate {
namespace {

using test::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClassFoldersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write(pictures() / "red_dog/2.jpg", "");
    write(pictures() / "red_dog/1.PNG", "");
    write(pictures() / "cat/deep/3.webp", "");
    write(pictures() / "cat/notes.txt", "");
    write(pictures() / ".cache/4.jpg", "");
    write(pictures() / "5.jpg", "");
  }
  std::filesystem::path pictures() const { return folder_.path() / "pictures"; }
  std::filesystem::path names(const std::string& file, std::string_view content) const {
    write(folder_.path() / file, content);
    return folder_.path() / file;
  }
  /// The message of the error that a class name file leads to, after checking its code.
  std::string refusal(const std::filesystem::path& file, ErrorCode code) const {
    try {
      read_class_folders(pictures(), file);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "";
  }

  diptych::test::TemporaryFolder folder_;
};

TEST_F(ClassFoldersTest, NamesClassesAfterTheirFolders) {
  const ClassFolders classes = read_class_folders(pictures());
  EXPECT_THAT(classes.names, ElementsAre("cat", "red dog"));
  EXPECT_THAT(classes.images,
              ElementsAre(pictures() / "cat/deep/3.webp", pictures() / "red_dog/1.PNG",
                          pictures() / "red_dog/2.jpg"));
  EXPECT_THAT(classes.right_classes, ElementsAre(0, 1, 1));
}

TEST_F(ClassFoldersTest, TakesNamesByFolderWithCandidatesWithoutPictures) {
  for (const auto& file : {names("a.json", R"({"red_dog": "犬", "fox": "fox", "cat": "a cat"})"),
                           names("a.txt", "red_dog\t犬\r\n\nfox\tfox\ncat\ta cat")}) {
    const ClassFolders classes = read_class_folders(pictures(), file);
    EXPECT_THAT(classes.names, ElementsAre("犬", "fox", "a cat"));
    EXPECT_THAT(classes.right_classes, ElementsAre(0, 0, 2));
    EXPECT_EQ(classes.images[2], pictures() / "cat/deep/3.webp");
  }
}

TEST_F(ClassFoldersTest, TakesNamesInTheOrderOfTheFolders) {
  for (const auto& file : {names("a.json", R"(["tom", "rex"])"), names("a.txt", "tom\nrex\n")}) {
    const ClassFolders classes = read_class_folders(pictures(), file);
    EXPECT_THAT(classes.names, ElementsAre("tom", "rex"));
    EXPECT_THAT(classes.right_classes, ElementsAre(0, 1, 1));
  }
}

TEST_F(ClassFoldersTest, AllowsTheSameNameTwice) {
  EXPECT_THAT(read_class_folders(pictures(), names("a.txt", "x\nx\n")).names,
              ElementsAre("x", "x"));
}

TEST_F(ClassFoldersTest, RefusesNamesThatDoNotFitTheFolders) {
  const auto code = ErrorCode::invalid_argument;
  EXPECT_THAT(refusal(names("a.txt", "one\n"), code),
              HasSubstr("got 1, expected one for each of 2"));
  EXPECT_THAT(refusal(names("a.json", R"({"cat": "a"})"), code),
              HasSubstr("got 0 for the folder 'red_dog'"));
  EXPECT_THAT(refusal(names("a.txt", "cat\ta\ncat\tb\nred_dog\tc"), code),
              HasSubstr("got 2 for the folder 'cat'"));
  EXPECT_THAT(refusal(names("a.txt", ""), code), HasSubstr("got 0"));
  EXPECT_THAT(refusal(names("a.txt", "cat\t \nred_dog\tb"), code), HasSubstr("empty"));
  EXPECT_THAT(refusal(names("a.txt", "cat\t\xFF\nred_dog\tb"), code), HasSubstr("UTF-8"));
}

TEST_F(ClassFoldersTest, RefusesNameFilesThatCannotBeRead) {
  const auto code = ErrorCode::corrupt_data;
  EXPECT_THAT(refusal(names("a.json", "{"), code), HasSubstr("neither"));
  EXPECT_THAT(refusal(names("a.json", "5"), code), HasSubstr("neither"));
  EXPECT_THAT(refusal(names("a.json", R"({"cat": 5, "red_dog": "x"})"), code), HasSubstr("'cat'"));
  EXPECT_NE(refusal("no_such_file", ErrorCode::not_found), "");
}

TEST_F(ClassFoldersTest, RefusesFoldersWithoutClassesOrPictures) {
  const auto code_of = [](const std::filesystem::path& folder) {
    try {
      read_class_folders(folder);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(code_of(folder_.path() / "missing"), ErrorCode::not_found);
  EXPECT_EQ(code_of(pictures() / "5.jpg"), ErrorCode::io);
  EXPECT_EQ(code_of(pictures() / "red_dog"), ErrorCode::invalid_argument);
  std::filesystem::create_directories(pictures() / "empty");
  EXPECT_EQ(code_of(pictures()), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace diptych::evaluate
