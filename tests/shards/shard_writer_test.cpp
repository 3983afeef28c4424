#include "shards/shard_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/mapped_file.h"
#include "shards/crafted_tar.h"
#include "shards/dataset.h"
#include "support/support.h"

namespace diptych::shards {
namespace {

using test::text_of;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

void add_samples(ShardWriter& writer, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string caption = "caption " + std::to_string(i);
    writer.add("s/" + std::to_string(i),
               {{"jpg", bytes_of("picture")}, {"txt", bytes_of(caption)}});
  }
}

class ShardWriterTest : public ::testing::Test {
 protected:
  std::filesystem::path shards() const { return folder_.path() / "shards"; }
  diptych::test::TemporaryFolder folder_;
};

TEST_F(ShardWriterTest, WritesWhatADatasetReads) {
  ShardWriter writer(shards(), {.samples_per_shard = 4});
  add_samples(writer, 10);
  writer.finish();
  const Dataset dataset((shards() / "{000000..000002}.tar").string());
  ASSERT_EQ(dataset.size(), 10U);
  EXPECT_FALSE(dataset.refused().any());
  EXPECT_EQ(dataset.at(9).key, "s/9");
  EXPECT_EQ(dataset.at(9).text("txt"), "caption 9");
  EXPECT_EQ(text_of(*dataset.at(9).image()), "picture");
}

TEST_F(ShardWriterTest, GivesTheSameBytesEveryTime) {
  for (const char* name : {"a", "b"}) {
    ShardWriter writer(folder_.path() / name);
    add_samples(writer, 3);
    writer.finish();
  }
  EXPECT_EQ(read_text_file(folder_.path() / "a/000000.tar"),
            read_text_file(folder_.path() / "b/000000.tar"));
}

TEST_F(ShardWriterTest, LeavesOnlyWholeShardsWhenKilled) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ShardWriter writer(shards(), {.samples_per_shard = 4});
    add_samples(writer, 10);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const Dataset dataset(shards().string());
  EXPECT_EQ(dataset.size(), 8U);
  EXPECT_FALSE(dataset.refused().any());
  EXPECT_FALSE(std::filesystem::exists(shards() / "000002.tar"));
}

TEST_F(ShardWriterTest, RefusesSamplesThatNoReaderGivesBack) {
  ShardWriter writer(shards());
  EXPECT_THROW(writer.add("a.b", {{"jpg", {}}}), Error);
  EXPECT_THROW(writer.add("", {{"jpg", {}}}), Error);
  EXPECT_THROW(writer.add("a", {{"JPG", {}}}), Error);
  EXPECT_THROW(writer.add("a", {{"", {}}}), Error);
  EXPECT_THROW(writer.add("a", {{"x/y.jpg", {}}}), Error);
  EXPECT_THROW(writer.add("a", {}), Error);
  writer.add("a", {{"jpg", {}}});
  EXPECT_THROW(writer.add("a", {{"jpg", {}}}), Error);
  writer.add("b", {{"jpg", {}}});
  EXPECT_THROW(ShardWriter(shards(), {.samples_per_shard = 0}), Error);
}

}  // namespace
}  // namespace diptych::shards
