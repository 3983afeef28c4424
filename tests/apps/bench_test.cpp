#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"

namespace diptych::test {
namespace {

class BenchLoss : public testing::TestWithParam<const char*> {};

TEST_P(BenchLoss, MeasuresAndCompares) {
  const ProgramRun run = run_program(
      {"bench", "loss", "--pairs", "96", "--width", "16", "--loss", GetParam(), "--json"});
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto result = nlohmann::json::parse(run.output);
  EXPECT_GT(result.at("seconds").get<double>(), 0.0);
  EXPECT_GT(result.at("peak_bytes").get<double>(), 0.0);
  EXPECT_LE(result.at("largest_difference").get<double>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Losses, BenchLoss, testing::Values("contrastive", "sigmoid"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Bench, RefusesWhatItCannotMeasure) {
  const ProgramRun loss = run_program({"bench", "loss", "--loss", "triplet"});
  EXPECT_EQ(loss.status, 2);
  EXPECT_NE(loss.errors.find("triplet"), std::string::npos) << loss.errors;
  EXPECT_EQ(run_program({"bench", "loss", "--pairs", "1"}).status, 2);
  EXPECT_EQ(run_program({"bench"}).status, 2);
}

}  // namespace
}  // namespace diptych::test
