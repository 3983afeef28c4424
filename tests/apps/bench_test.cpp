#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/fixtures.h"
#include "apps/program.h"
#include "support/support.h"

namespace diptych::test {
namespace {

class BenchLoss : public testing::TestWithParam<const char*> {};

TEST_P(BenchLoss, MeasuresAndCompares) {
  const ProgramRun run = run_diptych(
      {"bench", "loss", "--pairs", "96", "--width", "16", "--loss", GetParam(), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto result = nlohmann::json::parse(run.output);
  EXPECT_GT(result.at("seconds").get<double>(), 0.0);
  EXPECT_GT(result.at("peak_bytes").get<double>(), 0.0);
  EXPECT_LE(result.at("largest_difference").get<double>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Losses, BenchLoss, testing::Values("contrastive", "sigmoid"),
                         [](const auto& info) { return std::string(info.param); });

TEST(BenchTowers, MeasuresEachPrecisionBesideTheFirst) {
  const ProgramRun run = run_diptych({"bench", "towers", "--precisions", "fp32,bf16,int8",
                                      "--batches", "1,3", "--rounds", "1", "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto precisions = nlohmann::json::parse(run.output).at("precisions");
  ASSERT_EQ(precisions.size(), 3U);
  EXPECT_EQ(precisions.at(1).at("precision"), "bf16");
  for (const auto& precision : precisions) {
    EXPECT_FALSE(precision.at("unit").get<std::string>().empty());
    EXPECT_GT(precision.at("text_cosine").get<double>(), 0.99);
    ASSERT_EQ(precision.at("rates").size(), 4U);
    for (const auto& rate : precision.at("rates"))
      EXPECT_GT(rate.at("per_second").get<double>(), 0.0);
  }
  EXPECT_EQ(precisions.at(0).at("rates").at(0).at("ratio"), 1.0);
}

TEST(BenchTowers, ProfilesOperationsBesideTheMachine) {
  const ProgramRun run = run_diptych({"bench", "towers", "--precisions", "fp32", "--batches", "2",
                                      "--rounds", "1", "--profile", "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto profiles = nlohmann::json::parse(run.output).at("precisions").at(0).at("profiles");
  ASSERT_EQ(profiles.size(), 2U);
  for (const auto& profile : profiles) {
    EXPECT_GT(profile.at("peak_gflops").get<double>(), 0.0);
    EXPECT_GT(profile.at("peak_gbytes").get<double>(), 0.0);
    double inside = 0.0;
    for (const auto& operation : profile.at("operations"))
      inside += operation.at("ms").get<double>();
    EXPECT_GT(inside, 0.0);
    EXPECT_LE(inside, profile.at("ms").get<double>());
  }
  const ProgramRun elsewhere =
      run_diptych({"bench", "towers", "--precisions", "fp32", "--device", "libtorch:cpu",
                   "--batches", "1", "--rounds", "1", "--profile"});
  EXPECT_NE(elsewhere.status, 0);
}

TEST(BenchTowers, MeasuresMergedRowsBesideEachPrecision) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const ProgramRun run =
      run_diptych({"bench", "towers", "--model", folder.path().string(), "--text", "a photo of red",
                   "--precisions", "fp32,int8", "--token-merging", "1", "--batches", "2",
                   "--rounds", "1", "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto entries = nlohmann::json::parse(run.output).at("precisions");
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_FALSE(entries.at(0).contains("token_merging"));
  for (const std::size_t merged : {1U, 3U}) {
    EXPECT_EQ(entries.at(merged).at("token_merging"), 1);
    EXPECT_EQ(entries.at(merged).at("precision"), entries.at(merged - 1).at("precision"));
  }
  EXPECT_LT(entries.at(1).at("image_cosine").get<double>(), 1.0);
  EXPECT_GT(entries.at(1).at("text_cosine").get<double>(), 0.999999);
}

TEST(Bench, RefusesWhatItCannotMeasure) {
  EXPECT_EQ(run_diptych({"bench", "towers", "--precisions", "fp32,fp8"}).status, 2);
  EXPECT_EQ(run_diptych({"bench", "towers", "--batches", "1,0"}).status, 2);
  const ProgramRun loss = run_diptych({"bench", "loss", "--loss", "triplet"});
  EXPECT_EQ(loss.status, 2);
  EXPECT_NE(loss.errors.find("triplet"), std::string::npos) << loss.errors;
  EXPECT_EQ(run_diptych({"bench", "loss", "--pairs", "1"}).status, 2);
  EXPECT_EQ(run_diptych({"bench"}).status, 2);
}

}  // namespace
}  // namespace diptych::test
