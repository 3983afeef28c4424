// The example of the public API, and the page it writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Demo, WritesAPageThatNeedsNothingElse) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "model");
  std::filesystem::create_directory(folder.path() / "pictures");
  write_picture(folder.path() / "pictures" / "a & b.bmp", 255, 0, 0);
  write_picture(folder.path() / "pictures" / "c.bmp", 0, 0, 255);
  const std::string page = (folder.path() / "page.html").string();
  const ProgramRun run =
      run_demo({(folder.path() / "pictures").string(), page, (folder.path() / "model").string()});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("c.bmp"));
  const std::string html = read_text_file(page);
  EXPECT_THAT(html, HasSubstr("data:image/bmp;base64,Qk"));
  EXPECT_THAT(html, HasSubstr("a &amp; b.bmp"));
  EXPECT_THAT(html, HasSubstr("lang=\"zh\""));
  EXPECT_THAT(html, Not(HasSubstr("http")));
}

TEST(Demo, AFolderWithoutPicturesIsOneLine) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path() / "model");
  const ProgramRun run = run_demo({folder.path().string(), (folder.path() / "page.html").string(),
                                   (folder.path() / "model").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

}  // namespace
}  // namespace diptych::test
