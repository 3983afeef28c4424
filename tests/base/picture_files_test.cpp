#include "diptych/picture_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "diptych/error.h"
#include "support/support.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

TEST(PictureFiles, NamesAreToldByTheirEndingInEitherCase) {
  EXPECT_TRUE(has_picture_name("a.JPG"));
  EXPECT_TRUE(has_picture_name("b.webp"));
  EXPECT_FALSE(has_picture_name("jpg"));
  EXPECT_FALSE(has_picture_name("a.jpg.txt"));
}

TEST(PictureFiles, FoldersExpandBelowThemselvesSortedAndInPlace) {
  const test::TemporaryFolder folder;
  const fs::path root = folder.path() / "root";
  touch(root / "b.png");
  touch(root / "a" / "z.jpg");
  touch(root / "notes.txt");
  const std::vector<fs::path> given = {"missing.png", root, "last.gif"};
  const std::vector<fs::path> expected = {"missing.png", root / "a" / "z.jpg", root / "b.png",
                                          "last.gif"};
  EXPECT_EQ(expand_folders(given), expected);
}

TEST(PictureFiles, AFolderWithoutPicturesIsRefused) {
  const test::TemporaryFolder folder;
  const std::vector<fs::path> given = {folder.path()};
  EXPECT_THROW(expand_folders(given), Error);
}

TEST(PictureFiles, LinksToFoldersAreNotFollowed) {
  const test::TemporaryFolder folder;
  touch(folder.path() / "a.png");
  fs::create_directory_symlink(folder.path(), folder.path() / "loop");
  const std::vector<fs::path> given = {folder.path()};
  EXPECT_EQ(expand_folders(given).size(), 1U);
}

}  // namespace
}  // namespace diptych
