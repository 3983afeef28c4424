#include "diptych/output_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/folders.h"
#include "diptych/error.h"
#include "support/expect_error.h"
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

TEST(OutputFolder, IsNotCalledAsAFileIs) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(refuse_file_name(folder.path() / "model.safetensors"), Error);
  EXPECT_THROW(refuse_file_name(folder.path() / "packed.TAR"), Error);
  EXPECT_NO_THROW(refuse_file_name(folder.path() / "ViT-B-32.openai"));
  std::filesystem::create_directory(folder.path() / "there.tar");
  EXPECT_NO_THROW(refuse_file_name(folder.path() / "there.tar"));
}

TEST(OutputFolder, ATildeThatTheShellLeftIsNoFolder) {
  test::expect_error([] { make_output_folder("~/results"); }, ErrorCode::invalid_argument, "$HOME");
  EXPECT_FALSE(std::filesystem::exists("~"));
}

}  // namespace
}  // namespace diptych
