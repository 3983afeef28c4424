#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/pictures_fixture.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;

class Duplicates : public WithPictures {};

TEST_F(Duplicates, FilesWithTheSameBytesAreNamed) {
  fs::copy_file(path("pictures/red.bmp"), path("pictures/copy.bmp"));
  const ProgramRun run = this->run("duplicates", {path("pictures"), "--threshold", "1", "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const Json groups = Json::parse(run.output);
  ASSERT_EQ(groups.size(), 1U) << run.output;
  const Json& pictures = groups[0]["pictures"];
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_EQ(pictures[0]["image"], path("pictures/copy.bmp"));
  EXPECT_FALSE(pictures[0].contains("same_bytes_as"));
  EXPECT_EQ(pictures[1]["same_bytes_as"], path("pictures/copy.bmp"));
  EXPECT_THAT(run.errors, HasSubstr("1 group of 2 pictures among 4"));
}

/// Rounding makes a row's product with itself a little less than one.
TEST_F(Duplicates, TheSamePixelsAreThereSeveralTimesAtOne) {
  for (int i = 0; i < 12; ++i) {
    const std::string name = path("pictures/p") + std::to_string(i);
    write_picture(name + ".bmp", 20 * i, 255 - 20 * i, 10 * i);
    write_file(name + "copy.bmp", read_text_file(name + ".bmp") + "other bytes");
  }
  const ProgramRun run = this->run("duplicates", {path("pictures"), "--threshold", "1", "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(Json::parse(run.output).size(), 12U) << run.output;
}

TEST_F(Duplicates, AThresholdThatWasMeasuredForAnotherModelIsNoted) {
  const std::string note = "the threshold of 0.97 was measured for the embedded model";
  EXPECT_THAT(this->run("duplicates", {path("pictures")}).errors, HasSubstr(note));
  EXPECT_THAT(this->run("duplicates", {path("pictures"), "--threshold", "0.97"}).errors,
              testing::Not(HasSubstr(note)));
}

TEST_F(Duplicates, EveryPairAboveTheThresholdIsInOneGroup) {
  const ProgramRun run = this->run("duplicates", {path("pictures"), "--threshold", "-1", "--csv"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 4) << run.output;
  EXPECT_THAT(run.output, HasSubstr("group,image,similarity,same_bytes_as\n1,"));
}

TEST_F(Duplicates, AFileWithTwoNamesIsNoDuplicate) {
  fs::create_symlink("red.bmp", path("pictures/link.bmp"));
  const ProgramRun run = this->run(
      "duplicates", {path("pictures"), path("pictures/red.bmp"), "--threshold", "1", "--json"});
  EXPECT_EQ(Json::parse(run.output), Json::array());
  EXPECT_THAT(run.errors, HasSubstr("2 further names of the same files left out"));
}

// The default was measured: examples/pictures has twelve pictures of as many things.
TEST(DuplicatesOfTheEmbeddedModel, DifferentPicturesAreNone) {
  const ProgramRun run =
      run_diptych({"duplicates", data_path("../../examples/pictures").string(), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(Json::parse(run.output), Json::array());
}

TEST_F(Duplicates, OnePictureIsSaidToHaveNoOther) {
  EXPECT_THAT(this->run("duplicates", {path("pictures/red.bmp")}).errors,
              HasSubstr("one picture alone was compared with nothing"));
  EXPECT_THAT(this->run("duplicates", {path("pictures")}).errors,
              testing::Not(HasSubstr("compared with nothing")));
}

}  // namespace
}  // namespace diptych::test
