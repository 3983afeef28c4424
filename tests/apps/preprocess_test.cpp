#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "diptych/arrays.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

std::string triple(const Json& values) {
  const std::string text = values.dump();
  return text.substr(1, text.size() - 2);
}

std::vector<std::string> arguments(const Json& spec) {
  return {"preprocess",
          "--size",
          spec.at("size").dump(),
          "--resize",
          spec.at("resize_mode"),
          "--interpolation",
          spec.at("interpolation"),
          "--mean",
          triple(spec.at("mean")),
          "--std",
          triple(spec.at("std"))};
}

// Made by Pillow and torchvision; images.json names the versions.
TEST(Preprocess, BytesAreThoseOfTheReferenceForEverySpecAndPicture) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out.safetensors").string();
  const Json fixture = Json::parse(read_text_file(data_path("images/images.json")));
  const Arrays expected = read_arrays(data_path("images/expected_u8.safetensors"));
  std::size_t compared = 0;
  for (const auto& [name, spec] : fixture.at("specs").items()) {
    std::vector<std::string> command = arguments(spec);
    for (const std::string picture : fixture.at("images")) {
      if (!expected.contains(name + "/" + picture)) continue;
      command.push_back(data_path("images/" + picture).string());
    }
    command.insert(command.end(), {"--u8", "--overwrite", "--out", out});
    const ProgramRun run = run_diptych(command);
    ASSERT_EQ(run.status, 0) << run.errors;
    const Arrays got = read_arrays(out);
    for (const auto& [picture, array] : got) {
      const Array& reference = expected.at(name + "/" + picture);
      EXPECT_EQ(array.shape, reference.shape) << name << " " << picture;
      EXPECT_EQ(array.values, reference.values) << name << " " << picture;
      ++compared;
    }
  }
  EXPECT_EQ(compared, expected.size());
}

TEST(Preprocess, FloatsAreTheNormalisedBytes) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out.safetensors").string();
  const ProgramRun run =
      run_diptych({"preprocess", "--size", "1", "--mean", "0.5,0.5,0.5", "--std", "0.25,0.5,1",
                   data_path("images/tiny_1x1.png").string(), "--out", out});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto floats = std::get<std::vector<float>>(read_arrays(out).at("tiny_1x1.png").values);
  const ProgramRun bytes_run =
      run_diptych({"preprocess", "--size", "1", "--u8", data_path("images/tiny_1x1.png").string(),
                   "--overwrite", "--out", out});
  ASSERT_EQ(bytes_run.status, 0) << bytes_run.errors;
  const auto bytes =
      std::get<std::vector<std::uint8_t>>(read_arrays(out).at("tiny_1x1.png").values);
  ASSERT_EQ(floats.size(), 3U);
  EXPECT_FLOAT_EQ(floats[0], (bytes[0] / 255.0F - 0.5F) / 0.25F);
  EXPECT_FLOAT_EQ(floats[1], (bytes[1] / 255.0F - 0.5F) / 0.5F);
  EXPECT_FLOAT_EQ(floats[2], bytes[2] / 255.0F - 0.5F);
}

TEST(Preprocess, ABrokenPictureIsListedAndTheOthersAreWritten) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out.safetensors").string();
  const std::string broken = (folder.path() / "broken.png").string();
  write_file(broken, "not a picture");
  const ProgramRun run = run_diptych({"preprocess", "--size", "8", "--json", broken,
                                      data_path("images/rgb.png").string(), "--out", out});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors, HasSubstr("broken.png"));
  const Json report = Json::parse(run.output);
  EXPECT_TRUE(report.at(0).contains("error"));
  EXPECT_EQ(report.at(1).at("key"), "rgb.png");
  EXPECT_EQ(read_arrays(out).size(), 1U);
}

TEST(Preprocess, SaysWhatWasWritten) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out.safetensors").string();
  const ProgramRun run = run_diptych(
      {"preprocess", "--size", "8", data_path("images/rgb.png").string(), "--out", out});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.output, out + ": 1 picture\n");
}

TEST(Preprocess, TwoPicturesOfOneNameAreRefused) {
  const TemporaryFolder folder;
  const std::string picture = data_path("images/rgb.png").string();
  const ProgramRun run = run_diptych({"preprocess", "--size", "8", picture, picture, "--out",
                                      (folder.path() / "out.safetensors").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST(Preprocess, ANameThatIsNotUtf8IsAKeyPercentEncoded) {
  const TemporaryFolder folder;
  const std::filesystem::path picture = folder.path() / "caf\xE9.png";
  std::filesystem::copy(data_path("images/rgb.png"), picture);
  const std::filesystem::path out = folder.path() / "out.safetensors";
  const ProgramRun run =
      run_diptych({"preprocess", "--size", "8", "--json", picture.string(), "--out", out.string()});
  ASSERT_EQ(run.status, 0) << run.errors;
  EXPECT_TRUE(read_arrays(out).contains("file:caf%E9.png"));
  EXPECT_EQ(Json::parse(run.output).at(0).at("key"), "file:caf%E9.png");
}

TEST(Preprocess, MoreThanMemoryHoldsIsRefusedBeforeTheWork) {
  const TemporaryFolder folder;
  // 3 TB; none of them is a picture.
  for (int i = 0; i < 1000; ++i) std::ofstream(folder.path() / fmt::format("{}.png", i));
  const ProgramRun run = run_diptych({"preprocess", "--size", "16384", folder.path().string(),
                                      "--out", (folder.path() / "out.safetensors").string()});
  EXPECT_EQ(run.status, 5);
  EXPECT_EQ(run.error_lines(), 1);
  EXPECT_THAT(run.errors, HasSubstr("got 1000 pictures of 3 GiB each"));
}

TEST(Preprocess, AnEarlierResultIsReplacedOnDemandAlone) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out.npy").string();
  write_file(out, "an earlier result");
  const std::vector<std::string> use = {
      "preprocess", "--size", "8", data_path("images/rgb.png").string(), "--out", out};
  const ProgramRun run = run_diptych(use);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("got a file that exists, expected a new one or --overwrite"));
  EXPECT_EQ(read_text_file(out), "an earlier result");
}

struct BadOption {
  const char* name;
  std::vector<std::string> options;
};

class BadPreprocessOption : public ::testing::TestWithParam<BadOption> {};

TEST_P(BadPreprocessOption, IsWrongUsage) {
  const TemporaryFolder folder;
  std::vector<std::string> command = {"preprocess", data_path("images/rgb.png").string()};
  command.insert(command.end(), GetParam().options.begin(), GetParam().options.end());
  command.insert(command.end(), {"--out", (folder.path() / "out.safetensors").string()});
  const ProgramRun run = run_diptych(command);
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

INSTANTIATE_TEST_SUITE_P(Preprocess, BadPreprocessOption,
                         ::testing::Values(BadOption{"SizeZero", {"--size", "0"}},
                                           BadOption{"SizeHuge", {"--size", "1000000"}},
                                           BadOption{"SizeText", {"--size", "large"}},
                                           BadOption{"ResizeMode", {"--resize", "stretch"}},
                                           BadOption{"Interpolation",
                                                     {"--interpolation", "nearest"}},
                                           BadOption{"MeanOfTwo", {"--mean", "0.5,0.5"}},
                                           BadOption{"MeanOfBytes", {"--mean", "127,127,127"}},
                                           BadOption{"StdZero", {"--std", "1,0,1"}},
                                           BadOption{"StdNotANumber", {"--std", "1,nan,1"}}),
                         [](const auto& info) { return info.param.name; });

TEST(Preprocess, AMeanThatBytesDoNotUseIsNoted) {
  const TemporaryFolder folder;
  const ProgramRun run =
      run_diptych({"preprocess", data_path("images/rgb.png").string(), "--u8", "--mean",
                   "0.5,0.5,0.5", "--out", (folder.path() / "out.safetensors").string()});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_THAT(run.errors, ::testing::HasSubstr("--mean and --std are not used"));
}

TEST(Preprocess, APictureIsNotReplacedByItsPixels) {
  const TemporaryFolder folder;
  const std::string picture = (folder.path() / "a.npy").string();
  std::filesystem::copy(data_path("images/gray.png"), picture);
  const std::string before = read_text_file(picture);
  const ProgramRun run = run_diptych({"preprocess", "--size", "32", picture, "--out", picture});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("one of the inputs"));
  EXPECT_EQ(read_text_file(picture), before);
}

TEST(Preprocess, TwoPicturesForNpyAreRefusedBeforeTheWork) {
  const TemporaryFolder folder;
  // Neither is a picture: a message about one would say that the work had begun.
  for (const char* name : {"a.png", "b.png"}) write_file(folder.path() / name, "x");
  const ProgramRun run = run_diptych({"preprocess", "--size", "32", folder.path().string(), "--out",
                                      (folder.path() / "out.npy").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("arrays: got 2, expected one, as .npy holds"));
  EXPECT_EQ(run.error_lines(), 1);
}

TEST(Preprocess, APictureNamedAsMetadataIsRefused) {
  const TemporaryFolder folder;
  std::filesystem::copy(data_path("images/rgb.png"), folder.path() / "__metadata__");
  const ProgramRun run =
      run_diptych({"preprocess", "--size", "8", (folder.path() / "__metadata__").string(), "--out",
                   (folder.path() / "out.safetensors").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("got one called __metadata__"));
}

}  // namespace
}  // namespace diptych::test
