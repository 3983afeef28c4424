#include "diptych/picture_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "diptych/error.h"
#include "support/closed_folder.h"
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
  EXPECT_TRUE(has_picture_name("IMG_1.HEIC"));
  EXPECT_TRUE(has_picture_name("scan.tif"));
  EXPECT_TRUE(has_picture_name("download.jfif"));
  EXPECT_TRUE(has_picture_name("raw.dng"));
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

TEST(PictureFiles, WhatIsNoPictureIsCountedByKind) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.png", "b.TXT", "c.txt", "film.mp4", "Makefile", "._a.png"})
    touch(folder.path() / name);
  fs::create_directory_symlink(folder.path(), folder.path() / "loop");
  const std::vector<fs::path> given = {folder.path()};
  SkippedFiles skipped;
  EXPECT_EQ(expand_folders(given, &skipped).size(), 1U);
  EXPECT_EQ(skipped, (SkippedFiles{{".txt", 2},
                                   {".mp4", 1},
                                   {"without an ending", 1},
                                   {"macOS metadata", 1},
                                   {"linked folder", 1}}));
  EXPECT_EQ(describe({{".txt", 2}, {".mp4", 3}}), "3 .mp4, 2 .txt");
  EXPECT_EQ(describe({}), "nothing");
}

TEST(PictureFiles, HiddenFilesAndFoldersArePassedOverAndCounted) {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"a.png", ".b.png", ".thumbnails/a.png", ".git/objects/x.png", "@eaDir/a.png/t.jpg"})
    touch(folder.path() / name);
  const std::vector<fs::path> given = {folder.path()};
  SkippedFiles skipped;
  EXPECT_EQ(expand_folders(given, &skipped), (std::vector{folder.path() / "a.png"}));
  EXPECT_EQ(skipped,
            (SkippedFiles{{"hidden file", 1}, {"hidden folder", 2}, {"NAS metadata folder", 1}}));
  const std::vector<fs::path> named = {folder.path() / ".b.png", folder.path() / ".thumbnails"};
  EXPECT_EQ(expand_folders(named).size(), 2U);
}

TEST(PictureFiles, PicturesUnderOtherNamesAreToldByTheirStart) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "f3a9") << "\xFF\xD8\xFF\xE0 and what follows";
  std::ofstream(folder.path() / "b.orig") << "GIF89a and what follows";
  std::ofstream(folder.path() / "short") << "\xFF\xD8\xFF";
  const std::vector<fs::path> given = {folder.path()};
  const std::vector<fs::path> expected = {folder.path() / "b.orig", folder.path() / "f3a9"};
  EXPECT_EQ(expand_folders(given), expected);
}

TEST(PictureFiles, FoldersThatCannotBeReadAreTakenSoThatReadingThemFails) {
  const test::TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  touch(folder.path() / "closed" / "a.png");
  touch(folder.path() / "open" / "b.png");
  const test::ClosedFolder closed(folder.path() / "closed");
  const std::vector<fs::path> given = {folder.path()};
  const std::vector<fs::path> expected = {folder.path() / "closed",
                                          folder.path() / "open" / "b.png"};
  EXPECT_EQ(expand_folders(given), expected);
}

TEST(PictureFiles, LinksThatLeadNowhereAreTakenSoThatReadingThemFails) {
  const test::TemporaryFolder folder;
  touch(folder.path() / "a.png");
  fs::create_symlink("gone.png", folder.path() / "b.png");
  fs::create_symlink("c.png", folder.path() / "c.png");
  const std::vector<fs::path> given = {folder.path()};
  EXPECT_EQ(expand_folders(given).size(), 3U);
}

TEST(PictureFiles, LinksToFoldersAreNotFollowed) {
  const test::TemporaryFolder folder;
  touch(folder.path() / "a.png");
  fs::create_directory_symlink(folder.path(), folder.path() / "loop");
  const std::vector<fs::path> given = {folder.path()};
  EXPECT_EQ(expand_folders(given).size(), 1U);
}

TEST(PictureFiles, WhatProgramsKeepForThemselvesIsToldByItsName) {
  for (const char* name :
       {".git", "a/@eaDir", "__MACOSX", ".thumbnails", "$RECYCLE.BIN", "#recycle"})
    EXPECT_TRUE(is_metadata_folder(name)) << name;
  for (const char* name : {"cat", "_", "a.b", "@home", "recycle"})
    EXPECT_FALSE(is_metadata_folder(name));
}

TEST(PictureFiles, FilesThatCannotBeReadAreCountedAsSuch) {
  const test::TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  touch(folder.path() / "a.png");
  touch(folder.path() / "closed");
  const test::ClosedFolder closed(folder.path() / "closed");
  SkippedFiles skipped;
  const std::vector<fs::path> given = {folder.path()};
  EXPECT_EQ(expand_folders(given, &skipped).size(), 1U);
  EXPECT_EQ(skipped, (SkippedFiles{{"that cannot be read", 1}}));
}

}  // namespace
}  // namespace diptych
