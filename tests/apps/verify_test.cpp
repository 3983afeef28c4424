#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "base/atomic_file.h"
#include "diptych/arrays.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class VerifyEveryModel : public ::testing::TestWithParam<std::string> {};

TEST_P(VerifyEveryModel, AgreesWithItsReference) {
  const ProgramRun run =
      run_diptych({"verify", data_path(GetParam()).string(), "--against",
                   data_path(GetParam() + "/io.safetensors").string(), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors << run.output;
  const Json report = Json::parse(run.output);
  EXPECT_EQ(report.at("outputs").size(), 3U);
  for (const Json& output : report.at("outputs")) {
    EXPECT_LE(output.at("relative_error"), kFeatureTolerance);
    EXPECT_EQ(output.at("rows"), 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Verify, VerifyEveryModel, ::testing::ValuesIn(kModels),
                         [](const auto& info) { return info.param; });

TEST(Verify, ADifferenceAboveTheToleranceIsANo) {
  const TemporaryFolder folder;
  const std::string changed = (folder.path() / "changed.safetensors").string();
  Arrays reference = read_arrays(data_path("openai_vit/io.safetensors"));
  std::get<std::vector<float>>(reference.at("text_features").values)[7] += 0.1F;
  write_arrays(changed, reference);
  const std::string model = data_path("openai_vit").string();
  const ProgramRun run = run_diptych({"verify", model, "--against", changed});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.output, HasSubstr("out of tolerance"));
  EXPECT_EQ(run_diptych({"verify", model, "--against", changed, "--tolerance", "1"}).status, 0);
}

TEST(Verify, ANanInTheReferenceIsANo) {
  const TemporaryFolder folder;
  const std::string changed = (folder.path() / "changed.safetensors").string();
  Arrays reference = read_arrays(data_path("openai_vit/io.safetensors"));
  std::get<std::vector<float>>(reference.at("image_features").values)[0] = std::nanf("");
  write_arrays(changed, reference);
  const ProgramRun run = run_diptych(
      {"verify", data_path("openai_vit").string(), "--against", changed, "--tolerance", "1"});
  EXPECT_EQ(run.status, 1) << run.output;
}

TEST(Verify, AFolderWithReferencesOfItsOwnNeedsNoOther) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const ProgramRun run = run_diptych({"verify", folder.path().string()});
  EXPECT_EQ(run.status, 0) << run.errors << run.output;
  EXPECT_THAT(run.output, HasSubstr("text_embeddings"));
}

TEST(Verify, TheEmbeddedModelAgreesWithItsOwn) {
  const ProgramRun run = run_diptych({"verify"});
  EXPECT_EQ(run.status, 0) << run.errors << run.output;
}

TEST(Verify, AModelWithoutReferencesSaysSo) {
  const ProgramRun run = run_diptych({"verify", data_path("openai_vit").string()});
  EXPECT_EQ(run.status, 4);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

TEST(Verify, AFileWithoutOutputsIsRefused) {
  const TemporaryFolder folder;
  const std::string inputs = (folder.path() / "inputs.safetensors").string();
  Arrays reference = read_arrays(data_path("openai_vit/io.safetensors"));
  for (const char* name : {"image_features", "text_features", "logits_per_image"}) {
    reference.erase(name);
  }
  write_arrays(inputs, reference);
  const ProgramRun run =
      run_diptych({"verify", data_path("openai_vit").string(), "--against", inputs});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.errors;
}

}  // namespace
}  // namespace diptych::test
