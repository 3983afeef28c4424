#include "base/mapped_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <span>
#include <string>
#include <utility>

#include "base/atomic_file.h"
#include "support/expect_error.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::expect_error;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class MappedFileTest : public testing::Test {
 protected:
  std::filesystem::path save(const std::string& content) const {
    const auto path = folder_.path() / "file";
    write_file(path, content);
    return path;
  }

  test::TemporaryFolder folder_;
};

TEST_F(MappedFileTest, HoldsTheWholeFile) {
  const std::string content("a\0b\n", 4);
  const auto path = save(content);
  const MappedFile file(path);
  EXPECT_EQ(text_of(file.bytes()), content);
  EXPECT_EQ(file.name(), path.string());
}

/// Pages of files that are in this process's memory.
std::size_t resident_file_pages() {
  std::ifstream status("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  status >> total >> resident >> shared;
  return shared;
}

TEST_F(MappedFileTest, ReleasesPagesAndReadsThemAgain) {
  constexpr std::size_t kPages = 2048;
  const std::string content(kPages * static_cast<std::size_t>(getpagesize()), 'x');
  const MappedFile file(save(content));
  EXPECT_EQ(text_of(file.bytes()), content);
  const std::size_t before = resident_file_pages();
  MappedFile::release_pages(file.bytes());
  EXPECT_LT(resident_file_pages() + kPages / 2, before);
  EXPECT_EQ(text_of(file.bytes()), content);
}

TEST_F(MappedFileTest, ReleasesNoOtherMemory) {
  const std::string own(std::size_t{1} << 20, 'x');
  MappedFile::release_pages(std::as_bytes(std::span(own)));
  EXPECT_EQ(own.find_first_not_of('x'), std::string::npos);
  MappedFile::release_pages({});
}

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes) {
  EXPECT_TRUE(MappedFile(save("")).bytes().empty());
}

TEST_F(MappedFileTest, BytesKeepTheirAddressWhenMoved) {
  MappedFile first(save("content"));
  const std::byte* address = first.bytes().data();
  MappedFile second(std::move(first));
  EXPECT_EQ(second.bytes().data(), address);
  MappedFile third(save("other"));
  third = std::move(second);
  EXPECT_EQ(third.bytes().data(), address);
  EXPECT_EQ(text_of(third.bytes()), "content");
}

TEST_F(MappedFileTest, OutlivesTheNameOfTheFile) {
  const auto path = save("content");
  const MappedFile file(path);
  std::filesystem::remove(path);
  EXPECT_EQ(text_of(file.bytes()), "content");
}

TEST_F(MappedFileTest, SaysWhatIsNotThere) {
  const auto path = folder_.path() / "missing";
  expect_error([&] { MappedFile{path}; }, ErrorCode::not_found, path.string());
  expect_error([&] { read_file(path); }, ErrorCode::not_found, path.string());
}

TEST_F(MappedFileTest, RefusesWhatIsNoFile) {
  expect_error([&] { MappedFile{folder_.path()}; }, ErrorCode::io, "not a regular file");
  expect_error([&] { read_file(folder_.path()); }, ErrorCode::io, "not a regular file");
}

TEST_F(MappedFileTest, DoesNotWaitForTheWriterOfAPipe) {
  const auto path = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_error([&] { MappedFile{path}; }, ErrorCode::io, "not a regular file");
}

TEST_F(MappedFileTest, ReadsSmallFilesWhole) {
  const auto path = save("caf\xC3\xA9");
  EXPECT_EQ(read_text_file(path), "caf\xC3\xA9");
  EXPECT_EQ(text_of(read_file(path, 5)), "caf\xC3\xA9");
}

TEST_F(MappedFileTest, RefusesLargerFilesThanAsked) {
  const auto path = save("12345");
  expect_error([&] { read_file(path, 4); }, ErrorCode::out_of_memory, "got 5 bytes");
  expect_error([&] { read_text_file(path, 4); }, ErrorCode::out_of_memory, path.string());
}

}  // namespace
}  // namespace diptych
