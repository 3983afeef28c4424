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

/// open_clip's const_lr_cooldown with 5 cooldown steps of 20, to 0.1, as a parabola.
TEST(Schedule, CooldownIsTheReferences) {
  const Schedule schedule{.kind = Schedule::Kind::constant_with_cooldown,
                          .base = 1.0,
                          .warmup_steps = 2,
                          .total_steps = 20,
                          .cooldown_steps = 5,
                          .cooldown_end = 0.1,
                          .cooldown_power = 2.0};
  EXPECT_DOUBLE_EQ(schedule.learning_rate(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(2), 1.0);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(15), 1.0);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(16), 0.8 * 0.8 * 0.9 + 0.1);
  EXPECT_DOUBLE_EQ(schedule.learning_rate(19), 0.2 * 0.2 * 0.9 + 0.1);
}

TEST(Schedule, WarmUpIsInStepsPairsOrAPartOfTheRun) {
  TrainOptions options;
  options.batch_size = 50;
  options.accum_freq = 2;
  options.epochs = 4;
  options.warmup = 7;
  EXPECT_EQ(schedule_of(options, 100).warmup_steps, 7);
  options.warmup_samples = 1001;
  EXPECT_EQ(schedule_of(options, 100).warmup_steps, 11);
  options.warmup_samples = 0;
  options.warmup_share = 0.05;
  EXPECT_EQ(schedule_of(options, 100).warmup_steps, 20);
}

}  // namespace
}  // namespace diptych::train
