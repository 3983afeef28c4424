#include "shards/folder_shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST(FolderShard, RefusesFilesThatDifferInCapitals) {
  const diptych::test::TemporaryFolder folder;
  for (const char* name : {"1.jpg", "1.JPG"}) write_file(folder.path() / name, name);
  const FolderShard shard(folder.path(), {});
  EXPECT_THROW(shard.read(shard.offsets()[0]), Error);
}

}  // namespace
}  // namespace diptych::shards
