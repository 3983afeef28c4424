#include "curate/download/shard_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::curate {
namespace {

namespace fs = std::filesystem;

class ShardJournalTest : public ::testing::Test {
 protected:
  test::TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "00000.part";
};

TEST_F(ShardJournalTest, KeepsEntriesForTheNextRun) {
  {
    ShardJournal journal(path_, 3);
    journal.add(2, {.json = "{}", .picture = std::string("a\0b", 3)});
    journal.add(0, {.json = "{\"a\":1}", .picture = ""});
  }
  ShardJournal journal(path_, 3);
  EXPECT_EQ(journal.count(), 2U);
  EXPECT_TRUE(journal.has(0));
  EXPECT_FALSE(journal.has(1));
  EXPECT_EQ(journal.read(2).picture, std::string("a\0b", 3));
  EXPECT_EQ(journal.read(0).json, "{\"a\":1}");
  journal.remove();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ShardJournalTest, ForgetsWhatIsCutAnywhere) {
  std::uintmax_t first = 0;
  std::uintmax_t both = 0;
  {
    ShardJournal journal(path_, 2);
    journal.add(0, {.json = "{}", .picture = "abc"});
    first = fs::file_size(path_);
    journal.add(1, {.json = "{}", .picture = "defgh"});
    both = fs::file_size(path_);
  }
  for (std::uintmax_t size = both - 1; size >= first; --size) {
    fs::resize_file(path_, size);
    ShardJournal journal(path_, 2);
    EXPECT_EQ(journal.count(), 1U) << size;
    journal.add(1, {.json = "{}", .picture = "defgh"});
    EXPECT_EQ(fs::file_size(path_), both);
  }
}

TEST_F(ShardJournalTest, ForgetsWhatIsDamaged) {
  {
    ShardJournal journal(path_, 2);
    journal.add(0, {.json = "{}", .picture = "abc"});
    journal.add(1, {.json = "{}", .picture = "defgh"});
  }
  std::string bytes = read_text_file(path_);
  bytes.back() = 'x';
  write_file(path_, bytes);
  EXPECT_EQ(ShardJournal(path_, 2).count(), 1U);
  bytes[0] = 77;  // an index that the shard does not have
  write_file(path_, bytes);
  EXPECT_EQ(ShardJournal(path_, 2).count(), 0U);
}

TEST_F(ShardJournalTest, IsForOneProcessAtATime) {
  const ShardJournal journal(path_, 1);
  EXPECT_THROW(ShardJournal(path_, 1), Error);
}

}  // namespace
}  // namespace diptych::curate
