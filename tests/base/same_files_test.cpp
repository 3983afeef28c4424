#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/atomic_file.h"
#include "diptych/picture_files.h"
#include "support/support.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

TEST(SameFiles, AreThoseOfTheSameBytesNotOfTheSameBeginning) {
  const test::TemporaryFolder folder;
  const std::string beginning(100000, 'x');
  const std::vector<fs::path> files = {folder.path() / "a",       folder.path() / "b",
                                       folder.path() / "other",   folder.path() / "missing",
                                       folder.path() / "missing", folder.path() / "short"};
  write_file(files[0], beginning + "1");
  write_file(files[1], beginning + "1");
  write_file(files[2], beginning + "2");
  write_file(files[5], beginning);
  EXPECT_THAT(first_with_same_bytes(files), testing::ElementsAre(0, 0, 2, 3, 4, 5));
}

/// The first two values are FNV's own.
TEST(BeginningHash, IsOfSoManyBytesAtMost) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  const fs::path longer = folder.path() / "longer";
  EXPECT_EQ(beginning_hash(file, 10), 0xCBF29CE484222325U) << "there is none";
  write_file(file, "a");
  EXPECT_EQ(beginning_hash(file, 10), 0xAF63DC4C8601EC8CU);
  write_file(file, std::string(100000, 'x'));
  write_file(longer, std::string(100000, 'x') + "1");
  EXPECT_EQ(beginning_hash(longer, 100000), beginning_hash(file, 200000));
  EXPECT_NE(beginning_hash(longer, 100001), beginning_hash(file, 200000));
}

}  // namespace
}  // namespace diptych
