#include "base/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::expect_error;

class AtomicFileTest : public testing::Test {
 protected:
  std::vector<std::string> files_left() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename());
    return names;
  }

  test::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "result.bin";
};

TEST_F(AtomicFileTest, AppearsWithItsCommit) {
  AtomicFile file(path_);
  file.write("one ");
  file.write(std::as_bytes(std::span("two", 3)));
  EXPECT_FALSE(std::filesystem::exists(path_));
  file.commit();
  EXPECT_EQ(read_text_file(path_), "one two");
  EXPECT_THAT(files_left(), testing::ElementsAre("result.bin"));
}

TEST_F(AtomicFileTest, WithoutACommitWhatWasThereStays) {
  write_file(path_, "before");
  {
    AtomicFile file(path_);
    file.write("after");
  }
  EXPECT_EQ(read_text_file(path_), "before");
  EXPECT_THAT(files_left(), testing::ElementsAre("result.bin"));
}

TEST_F(AtomicFileTest, KilledBeforeTheCommitWhatWasThereStays) {
  write_file(path_, "before");
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(path_);
    file.write("after");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read_text_file(path_), "before");
  EXPECT_THAT(files_left(), testing::ElementsAre("result.bin"));
}

TEST_F(AtomicFileTest, HasThePermissionsOfAnyNewFile) {
  const mode_t before = ::umask(022);
  write_file(path_, "x");
  ::umask(before);
  struct stat status = {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644U);
}

TEST(ReplacedName, IsOfTheNamesThatAKillLeavesAlone) {
  EXPECT_EQ(replaced_name("0.json.12-3"), "0.json");
  EXPECT_EQ(replaced_name("latest.4711-0"), "latest");
  for (const char* other : {"", "12-3", ".12-3", "a.12", "a.-3", "a.12-", "a.12-3b", "a.1-2-3",
                            "a.12-3.json", "a.Ab3xYz"})
    EXPECT_EQ(replaced_name(other), std::nullopt) << other;
}

TEST_F(AtomicFileTest, NamesTheFileThatCannotBeWritten) {
  const auto missing = folder_.path() / "missing" / "result.bin";
  expect_error([&] { write_file(missing, "x"); }, ErrorCode::io, missing.string());
}

TEST_F(AtomicFileTest, DoesNotReplaceAFolder) {
  std::filesystem::create_directory(path_);
  expect_error([&] { write_file(path_, "x"); }, ErrorCode::io, path_.string());
  EXPECT_THAT(files_left(), testing::ElementsAre("result.bin"));
}

TEST_F(AtomicFileTest, AFullDiskLeavesWhatWasThere) {
  write_file(path_, "before");
  // A limit on the size of files refuses the same write as a full disk does.
  rlimit unlimited = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const rlimit limited = {.rlim_cur = 4096, .rlim_max = unlimited.rlim_max};
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  expect_error([&] { write_file(path_, std::string(10'000, 'x')); }, ErrorCode::io, path_.string());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  std::signal(SIGXFSZ, previous);
  EXPECT_EQ(read_text_file(path_), "before");
  EXPECT_THAT(files_left(), testing::ElementsAre("result.bin"));
}

TEST_F(AtomicFileTest, ADeviceOrAPipeIsNotReplaced) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  expect_error([&] { AtomicFile file(path_); }, ErrorCode::io, "not a regular file");
  EXPECT_TRUE(std::filesystem::is_fifo(path_));
  expect_error([] { AtomicFile file("/dev/null"); }, ErrorCode::io, "/dev/null");
}

TEST_F(AtomicFileTest, ALinkStaysOne) {
  write_file(folder_.path() / "target", "before");
  std::filesystem::create_symlink("target", path_);
  write_file(path_, "after");
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(read_text_file(folder_.path() / "target"), "after");
}

TEST_F(AtomicFileTest, ALinkToNothingIsRefusedAndStays) {
  std::filesystem::create_symlink("gone/result.bin", path_);
  expect_error([&] { AtomicFile file(path_); }, ErrorCode::io, "a link to nothing");
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
}

TEST_F(AtomicFileTest, WhatAnotherHasWrittenMeanwhileIsKeptOnDemand) {
  AtomicFile kept(path_, Existing::kept);
  AtomicFile replaced(path_);
  write_file(path_, "another's");
  kept.write("mine");
  expect_error([&] { kept.commit(); }, ErrorCode::invalid_argument, "got a file that exists");
  EXPECT_EQ(read_text_file(path_), "another's");
  EXPECT_THAT(files_left(), testing::ElementsAre("result.bin"));
  replaced.write("mine");
  replaced.commit();
  EXPECT_EQ(read_text_file(path_), "mine");
}

}  // namespace
}  // namespace diptych
