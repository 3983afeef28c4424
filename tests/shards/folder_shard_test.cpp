#include "shards/folder_shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

TEST(FolderShard, PutsFilesOfOneNameTogether) {
  const diptych::test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "a");
  for (const char* name : {"a/2.JPG", "a/2.txt", "1.v2.png", "1.v2.json", "alone.txt", "README"})
    write_file(folder.path() / name, name);
  const FolderShard shard(folder.path(), {});
  ASSERT_EQ(shard.offsets().size(), 2U);
  EXPECT_EQ(shard.refused().count(RefusalReason::no_picture), 1U);
  EXPECT_THAT(shard.remarks().sentences(), ElementsAre(HasSubstr("README")));
  const Sample first = shard.read(shard.offsets()[0]);
  EXPECT_EQ(first.key, "1.v2");
  EXPECT_EQ(first.part_names(), "json, png");
  const Sample second = shard.read(shard.offsets()[1]);
  EXPECT_EQ(second.key, "a/2");
  EXPECT_EQ(second.text("txt"), "a/2.txt");
  EXPECT_TRUE(second.image());
}

TEST(FolderShard, PassesHiddenFoldersOverAndCountsSamplesOfSeveralPictures) {
  const diptych::test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / ".thumbnails");
  for (const char* name : {".thumbnails/1.jpg", "2.jpg", "2.png", "2.txt"})
    write_file(folder.path() / name, name);
  const FolderShard shard(folder.path(), {});
  EXPECT_EQ(shard.offsets().size(), 1U);
  EXPECT_THAT(shard.remarks().sentences(),
              ElementsAre(HasSubstr("hidden files and folders: 1"), HasSubstr("several pictures")));
}

TEST(FolderShard, CountsWhatHoldsNoPartOfASample) {
  const diptych::test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "elsewhere" / ".x");
  for (const char* name : {"1.jpg", "1.txt", "table.CSV"}) write_file(folder.path() / name, name);
  std::filesystem::create_directory_symlink("elsewhere", folder.path() / "linked");
  std::filesystem::create_symlink("nothing.jpg", folder.path() / "2.jpg");
  const FolderShard shard(folder.path(), {});
  EXPECT_EQ(shard.offsets().size(), 1U);
  EXPECT_THAT(shard.remarks().sentences(),
              UnorderedElementsAre(AllOf(HasSubstr("linked folders"), HasSubstr("linked (")),
                                   AllOf(HasSubstr("links to nothing"), HasSubstr("2.jpg")),
                                   AllOf(HasSubstr("hidden files and folders: 1")),
                                   AllOf(HasSubstr("whose rows are not read: 1, the first: "
                                                   "table.CSV"))));
}

TEST(FolderShard, WithoutAPictureIsNone) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"train_imgs.tsv", "note.txt"}) write_file(folder.path() / name, name);
  EXPECT_THAT([&] { FolderShard(folder.path(), ShardOptions{.need_image = false}); },
              ThrowsMessage<Error>(AllOf(HasSubstr("got 1 files and no picture among them"),
                                         HasSubstr("train_imgs.tsv"))));
}

TEST(FolderShard, RefusesFilesThatDifferInCapitals) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"1.jpg", "1.JPG"}) write_file(folder.path() / name, name);
  const FolderShard shard(folder.path(), {});
  EXPECT_THROW(shard.read(shard.offsets()[0]), Error);
}

}  // namespace
}  // namespace diptych::shards
