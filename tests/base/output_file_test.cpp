#include "diptych/output_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "diptych/error.h"
#include "support/support.h"

namespace diptych {
namespace {

TEST(OutputFile, EarlierResultsAreFilesAndFoldersThatHaveSome) {
  const test::TemporaryFolder folder;
  EXPECT_NO_THROW(refuse_earlier_result(folder.path() / "new"));
  EXPECT_NO_THROW(refuse_earlier_result(folder.path()));
  EXPECT_NO_THROW(refuse_earlier_result("/dev/null"));
  const std::filesystem::path file = folder.path() / "file";
  write_file(file, "");
  EXPECT_THROW(refuse_earlier_result(file), Error);
  EXPECT_THROW(refuse_earlier_result(folder.path()), Error);
  std::filesystem::create_symlink(file, folder.path() / "link");
  EXPECT_THROW(refuse_earlier_result(folder.path() / "link"), Error);
}

}  // namespace
}  // namespace diptych
