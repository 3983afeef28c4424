#include "train/schedule.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "support/support.h"

namespace diptych::train {
namespace {

TEST(Schedule, CosineIsTheReferences) {
  const auto golden = nlohmann::json::parse(read_text_file(test::data_path("training/clip.json")));
  const Schedule schedule{.base = 1e-3, .warmup_steps = 3, .total_steps = 10};
  for (const auto& step : golden["steps"]) {
    EXPECT_DOUBLE_EQ(schedule.learning_rate(step["step"]), step["lr"].get<double>());
  }
}

TEST(Schedule, ConstantStaysAfterWarmUp) {
  const Schedule schedule{
      .kind = Schedule::Kind::constant, .base = 2.0, .warmup_steps = 4, .total_steps = 9};
  EXPECT_DOUBLE_EQ(schedule.learning_rate(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(4), 2.0);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(100), 2.0);
}

TEST(Schedule, CosineEndsAtZeroAndStaysThere) {
  const Schedule schedule{.base = 1.0, .total_steps = 10};
  EXPECT_DOUBLE_EQ(schedule.learning_rate(0), 1.0);
  EXPECT_NEAR(schedule.learning_rate(10), 0.0, 1e-15);
  EXPECT_NEAR(schedule.learning_rate(11), 0.0, 1e-15);
}

}  // namespace
}  // namespace diptych::train
