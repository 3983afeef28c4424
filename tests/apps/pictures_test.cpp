// What the commands say of the pictures that they read: turned ones, 16-bit grey, previews, and
// what lies in a folder besides.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "diptych/arrays.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

ProgramRun classify(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"classify", "--labels", "a cat,a rocket"});
  return run_diptych(arguments);
}

TEST(Pictures, AreTurnedUprightForAPersonAndSaidSo) {
  const std::string turned = data_path("orientation/exif_6.jpg").string();
  const std::string upright = data_path("orientation/exif_1.jpg").string();
  const ProgramRun run = classify({turned, upright});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.errors, HasSubstr("note: 1 picture turned upright by the EXIF orientation"));
  const ProgramRun stored = classify({"--upright", "no", turned, upright});
  EXPECT_THAT(stored.errors,
              HasSubstr("note: 1 picture with an EXIF orientation, taken as stored"));
  EXPECT_NE(stored.output, run.output);
  EXPECT_THAT(classify({upright}).errors, Not(HasSubstr("EXIF")));
}

TEST(Pictures, AreTakenAsStoredWhereTheReferenceIsReproduced) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out.safetensors").string();
  const std::string turned = data_path("orientation/exif_6.jpg").string();
  const ProgramRun stored = run_diptych({"preprocess", "--u8", turned, "--out", out});
  EXPECT_THAT(stored.errors, HasSubstr("taken as stored"));
  const Arrays as_stored = read_arrays(out);
  const ProgramRun run =
      run_diptych({"preprocess", "--u8", "--upright", "yes", turned, "--out", out, "--overwrite"});
  EXPECT_THAT(run.errors, HasSubstr("turned upright"));
  EXPECT_NE(read_arrays(out).begin()->second.values, as_stored.begin()->second.values);
}

TEST(Pictures, InWideGreyAreSaidToBecomeWhite) {
  const std::string wide = data_path("odd_images/grey_16.png").string();
  EXPECT_THAT(classify({wide}).errors, HasSubstr("note: 1 picture in 16-bit grey"));
  EXPECT_THAT(classify({"--wide", "scale", wide}).errors, Not(HasSubstr("16-bit")));
}

TEST(Pictures, OfSeveralInAFileAreSaidToBeTheFirst) {
  const ProgramRun run = run_diptych(
      {"classify", "--labels", "cat,dog", data_path("odd_images/animated.webp").string()});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("1 file with further frames or pages, of which the first"));
}

TEST(Pictures, OfACameraAreSaidToBePreviews) {
  EXPECT_THAT(classify({data_path("more_formats/two_previews.cr2").string()}).errors,
              HasSubstr("note: 1 picture in a camera's RAW format"));
}

TEST(Pictures, FoldersSayWhatTheyHoldBesides) {
  const TemporaryFolder folder;
  for (const char* name : {"rgb_tiff_lzw.tif", "rgb.heic", "rgb.avif"})
    fs::copy_file(data_path(std::string("more_formats/") + name), folder.path() / name);
  for (const char* name : {"a.txt", "b.txt", "c.mov"}) write_file(folder.path() / name, "x");
  const ProgramRun run = classify({"--top", "1", folder.path().string()});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.errors,
              HasSubstr("note: 3 files in the folders not taken as pictures: 2 .txt, 1 .mov"));
  for (const char* name : {"rgb_tiff_lzw.tif", "rgb.heic", "rgb.avif"})
    EXPECT_THAT(run.output, HasSubstr(name));
}

TEST(Pictures, GivenAsTensorsMustBeFinite) {
  const TemporaryFolder folder;
  Arrays inputs = read_arrays(data_path("openai_vit/io.safetensors"));
  auto& pixels = std::get<std::vector<float>>(inputs.at("pixels").values);
  pixels.back() = std::numeric_limits<float>::quiet_NaN();
  const auto in = folder.path() / "in.safetensors";
  const auto out = folder.path() / "out.safetensors";
  write_arrays(in, {{"pixels", inputs.at("pixels")}});
  const ProgramRun run = run_diptych({"embed", "--model", data_path("openai_vit").string(),
                                      "--tensors", in.string(), "--out", out.string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("pixels: got nan in row"));
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace diptych::test
