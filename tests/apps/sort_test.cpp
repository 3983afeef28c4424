#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "apps/pictures_fixture.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// One label, so that every picture's best one is known.
class SortInto : public WithPictures {
 protected:
  ProgramRun sort(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--labels", "all", "--sort-into", path("sorted")});
    return run("classify", arguments);
  }
};

TEST_F(SortInto, CopiesUnderTheLabelAndCounts) {
  const ProgramRun run = sort({"--copy", path("pictures")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(read_text_file(path("sorted/all/red.bmp")), read_text_file(path("pictures/red.bmp")));
  EXPECT_THAT(run.output, HasSubstr("-> " + path("sorted/all/red.bmp")));
  EXPECT_THAT(run.errors, HasSubstr("3 pictures copied into 1 folder, 0 were there already"));
  EXPECT_THAT(sort({"--copy", path("pictures")}).errors, HasSubstr("0 pictures copied"));
  EXPECT_FALSE(fs::exists(path("sorted/all/red-2.bmp")));
}

TEST_F(SortInto, ANameThatIsTakenGetsANumber) {
  fs::create_directories(path("sorted/all"));
  write_file(path("sorted/all/red.bmp"), "mine");
  const ProgramRun run = sort({"--copy", path("pictures")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(read_text_file(path("sorted/all/red.bmp")), "mine");
  EXPECT_EQ(read_text_file(path("sorted/all/red-2.bmp")), read_text_file(path("pictures/red.bmp")));
}

TEST_F(SortInto, LinksLeadToThePictures) {
  ASSERT_EQ(sort({"--link", path("pictures")}).status, 0);
  EXPECT_TRUE(fs::is_symlink(path("sorted/all/red.bmp")));
  EXPECT_TRUE(fs::equivalent(path("sorted/all/red.bmp"), path("pictures/red.bmp")));
  EXPECT_THAT(sort({"--link", path("pictures")}).errors, HasSubstr("3 were there already"));
}

TEST_F(SortInto, ADryRunDoesNothing) {
  const ProgramRun run = sort({"--copy", "--dry-run", path("pictures")});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("3 pictures would be copied into 1 folder"));
  EXPECT_FALSE(fs::exists(path("sorted")));
}

TEST_F(SortInto, WhatCannotBeSortedIsRefusedBeforeTheWork) {
  EXPECT_EQ(sort({path("pictures")}).status, 2);
  const std::vector<std::string> inside = {"--labels",         "all",    "--sort-into",
                                           path("pictures/x"), "--copy", path("pictures")};
  EXPECT_EQ(run("classify", inside).status, 2);
  const std::vector<std::string> clash = {"--labels",     "a/b,a_b", "--sort-into",
                                          path("sorted"), "--copy",  path("pictures")};
  EXPECT_EQ(run("classify", clash).status, 2);
  EXPECT_FALSE(fs::exists(path("sorted")));
}

}  // namespace
}  // namespace diptych::test
