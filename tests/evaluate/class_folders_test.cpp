#include "evaluate/class_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diptych/error.h"
#include "evaluate/fakes.h"
#include "support/support.h"

namespace diptych::evaluate {
namespace {

using test::write;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

  static std::string refusal_of(const std::filesystem::path& folder,
                                const std::filesystem::path& file = {}) {
    try {
      read_class_folders(folder, file);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << error.what();
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
  EXPECT_THAT(refusal(names("a.txt", "one\n"), code), HasSubstr("got 1 for 2 folders"));
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
  EXPECT_THAT(refusal(names("a.json", "{"), code), HasSubstr("JSON: got its end"));
  EXPECT_THAT(refusal(names("a.json", std::string(100'000, '[')), code),
              HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(refusal(names("a.json", R"({"cat": "a", "red_dog": "b", "cat": "c"})"), code),
              HasSubstr("the key \"cat\" occurs twice"));
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
  EXPECT_EQ(code_of(pictures() / "5.jpg"), ErrorCode::invalid_argument) << "a file";
  EXPECT_EQ(code_of(pictures() / "red_dog"), ErrorCode::invalid_argument);
  write(folder_.path() / "bare/cat/notes.txt", "");
  write(folder_.path() / "bare/dog/notes.txt", "");
  EXPECT_EQ(code_of(folder_.path() / "bare"), ErrorCode::invalid_argument);
}

TEST_F(ClassFoldersTest, AClassFolderWithoutPicturesIsACandidate) {
  std::filesystem::create_directories(pictures() / "empty");
  const ClassFolders classes = read_class_folders(pictures());
  EXPECT_THAT(classes.names, ElementsAre("cat", "empty", "red dog"));
  EXPECT_THAT(classes.right_classes, ElementsAre(0, 2, 2));
}

TEST_F(ClassFoldersTest, CountsPicturesBesideTheClassFolders) {
  std::filesystem::remove_all(pictures() / ".cache");
  EXPECT_THAT(read_class_folders(pictures()).notes, ElementsAre(HasSubstr("no class folder")));
  std::filesystem::remove(pictures() / "5.jpg");
  EXPECT_THAT(read_class_folders(pictures()).notes, IsEmpty());
}

TEST_F(ClassFoldersTest, RefusesOneClass) {
  write(folder_.path() / "one/cat/1.jpg", "");
  EXPECT_THAT(refusal_of(folder_.path() / "one"), HasSubstr("got one, 'cat'"));
  // Others to choose from make it a question.
  EXPECT_THAT(
      read_class_folders(folder_.path() / "one", names("a.txt", "cat\tcat\nfox\tfox")).names,
      ElementsAre("cat", "fox"));
}

TEST_F(ClassFoldersTest, RefusesAFolderTooHigh) {
  for (const char* picture : {"train/cat/1.jpg", "train/dog/1.jpg"})
    write(folder_.path() / "set" / picture, "");
  EXPECT_THAT(refusal_of(folder_.path() / "set"), HasSubstr("one level down, as in"));
  for (const char* picture : {"val/cat/2.jpg", "val/dog/2.jpg"})
    write(folder_.path() / "set" / picture, "");
  EXPECT_THAT(refusal_of(folder_.path() / "set"), HasSubstr("one level down, as in"));
}

TEST_F(ClassFoldersTest, NotesClassesWhosePicturesAreAllFurtherDown) {
  for (const char* picture : {"cat/siamese/1.jpg", "dog/boxer/1.jpg"})
    write(folder_.path() / "set" / picture, "");
  EXPECT_THAT(read_class_folders(folder_.path() / "set").notes,
              ElementsAre(HasSubstr("'cat/siamese'")));
}

TEST_F(ClassFoldersTest, RefusesNamesThatAreOtherFolders) {
  const auto code = ErrorCode::invalid_argument;
  EXPECT_THAT(refusal(names("a.txt", "Red dog\ncat\n"), code),
              HasSubstr("got 'Red dog' for the folder 'cat'"));
  EXPECT_THAT(refusal(names("a.json", R"(["red-dog", "tom"])"), code), HasSubstr("'red-dog'"));
  const ClassFolders said =
      read_class_folders(pictures(), names("a.txt", "cat\tred dog\nred_dog\tcat"));
  EXPECT_THAT(said.names, ElementsAre("red dog", "cat"));
  EXPECT_THAT(said.notes, Contains(HasSubstr("goes by the name 'red dog'")));
  EXPECT_THAT(read_class_folders(pictures(), names("a.txt", "cat\nred dog\n")).names,
              ElementsAre("cat", "red dog"));
}

TEST_F(ClassFoldersTest, RefusesLinesWithAFolderAndNoTab) {
  const auto code = ErrorCode::invalid_argument;
  for (const char* lines : {"cat,a cat\nred_dog,a red dog", "cat a cat\nred_dog a red dog"}) {
    EXPECT_THAT(refusal(names("a.txt", lines), code), HasSubstr("begins with a folder's name"));
  }
  EXPECT_THAT(read_class_folders(pictures(), names("a.txt", "cat, sitting\ndog")).names,
              ElementsAre("cat, sitting", "dog"));
}

TEST_F(ClassFoldersTest, RefusesNamesInTheOrderOfNumbersThatSortOtherwise) {
  for (const char* number : {"2", "10", "9"})
    write(folder_.path() / "numbers" / number / "1.jpg", "");
  const auto file = names("a.txt", "x\ny\nz\n");
  EXPECT_THAT(refusal_of(folder_.path() / "numbers", file), HasSubstr("'10' comes before '2'"));
  for (const char* number : {"02", "10", "09"})
    write(folder_.path() / "padded" / number / "1.jpg", "");
  EXPECT_THAT(read_class_folders(folder_.path() / "padded", file).names,
              ElementsAre("x", "y", "z"));
}

TEST_F(ClassFoldersTest, RefusesNameFilesOfAnotherForm) {
  const auto code = ErrorCode::invalid_argument;
  EXPECT_THAT(refusal(names("a.txt", "cat\tx\ty\nred_dog\tz"), code), HasSubstr("'cat\tx\ty'"));
  EXPECT_THAT(refusal(names("a.txt", "cat\tx\ndog"), code), HasSubstr("as 'dog'"));
  EXPECT_THAT(refusal(names("a.txt",
                            "\xFF\xFE"
                            "c"),
                      code),
              HasSubstr("UTF-8"));
}

TEST_F(ClassFoldersTest, NotesLinksToNothing) {
  std::filesystem::create_symlink("nowhere", pictures() / "fox");
  EXPECT_THAT(read_class_folders(pictures()).notes, Contains(HasSubstr("1, as 'fox'")));
}

TEST_F(ClassFoldersTest, NotesNamesThatAreCodes) {
  const auto notes_for = [&](std::initializer_list<const char*> folders) {
    const diptych::test::TemporaryFolder folder;
    for (const char* name : folders) write(folder.path() / name / "1.jpg", "");
    return read_class_folders(folder.path()).notes;
  };
  EXPECT_THAT(notes_for({"0", "1"}), ElementsAre(HasSubstr("'0'")));
  EXPECT_THAT(notes_for({"n01440764", "n01443537"}), ElementsAre(HasSubstr("'n01440764'")));
  EXPECT_THAT(notes_for({"001.Albatross", "002.Auklet"}), ElementsAre(HasSubstr("codes")));
  EXPECT_THAT(notes_for({"Boeing 747", "cat", "7up"}), IsEmpty());
}

TEST_F(ClassFoldersTest, ReadsNamesAfterAByteOrderMark) {
  EXPECT_THAT(read_class_folders(pictures(), names("a.txt",
                                                   "\xEF\xBB\xBF"
                                                   "cat\tx\nred_dog\ty"))
                  .names,
              ElementsAre("x", "y"));
}

TEST_F(ClassFoldersTest, FoldersThatProgramsKeepAreNoClassesAndCounted) {
  std::filesystem::remove(pictures() / "5.jpg");
  write(pictures() / "__MACOSX/1.jpg", "");
  const ClassFolders classes = read_class_folders(pictures());
  EXPECT_THAT(classes.names, ElementsAre("cat", "red dog"));
  EXPECT_THAT(classes.notes, ElementsAre(HasSubstr("programs keep their own were left out: 2")));
}

TEST_F(ClassFoldersTest, PartsOfADataSetAreNotedAsClasses) {
  for (const char* part : {"train", "Val", "test"})
    write(folder_.path() / "parts" / part / "1.jpg", part);
  EXPECT_THAT(read_class_folders(folder_.path() / "parts").notes,
              ElementsAre(HasSubstr("are what parts of a data set are called")));
}

TEST_F(ClassFoldersTest, PicturesThatNobodySortedAreNotedAsAClass) {
  for (const char* name : {"cat", "dog", "Unlabeled"})
    write(folder_.path() / "some" / name / "1.jpg", name);
  EXPECT_THAT(read_class_folders(folder_.path() / "some").notes,
              ElementsAre(HasSubstr("'Unlabeled' is a class as any other")));
}

}  // namespace
}  // namespace diptych::evaluate
