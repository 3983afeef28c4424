#include "train/step_guard.h"

#include <gtest/gtest.h>

#include <limits>

namespace diptych::train {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(StepGuard, LeavesOutWhatIsNotFinite) {
  StepGuard guard;
  EXPECT_TRUE(guard.accepts(1.0, 1e30)) << "without a factor nothing is a spike";
  EXPECT_FALSE(guard.accepts(kNan, 1.0));
  EXPECT_FALSE(guard.accepts(1.0, std::numeric_limits<double>::infinity()));
  EXPECT_EQ(guard.in_a_row(), 2);
  EXPECT_TRUE(guard.accepts(1.0, 1.0));
  EXPECT_EQ(guard.in_a_row(), 0);
  EXPECT_EQ(guard.skipped(), 2);
}

TEST(StepGuard, LeavesOutSpikesOnceItKnowsWhatIsUsual) {
  StepGuard guard(3.0);
  EXPECT_TRUE(guard.accepts(1.0, 1.0));
  EXPECT_TRUE(guard.accepts(1.0, 9.0)) << "the beginning of a training is wild";
  for (int step = 0; step < 60; ++step) EXPECT_TRUE(guard.accepts(1.0, 1.0));
  EXPECT_TRUE(guard.accepts(1.0, 2.5));
  EXPECT_FALSE(guard.accepts(1.0, 4.0));
  EXPECT_TRUE(guard.accepts(1.0, 1.0));
}

TEST(StepGuard, SavedAndLoadedItDecidesAlike) {
  StepGuard guard(3.0);
  for (int step = 0; step < 40; ++step) guard.accepts(1.0, 1.0 + 0.01 * step);
  guard.accepts(kNan, 1.0);
  TensorMap saved;
  guard.save(saved);
  StepGuard resumed(3.0);
  resumed.load(saved);
  EXPECT_EQ(resumed.skipped(), 1);
  EXPECT_EQ(resumed.in_a_row(), 1);
  for (const double norm : {1.0, 3.5, 3.7, 3.9, 1.5, 4.2})
    EXPECT_EQ(resumed.accepts(1.0, norm), guard.accepts(1.0, norm)) << norm;
  StepGuard fresh(3.0);
  fresh.load(TensorMap{});
  EXPECT_EQ(fresh.skipped(), 0);
}

}  // namespace
}  // namespace diptych::train
