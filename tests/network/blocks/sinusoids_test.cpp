#include "network/blocks/sinusoids.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/support.h"

namespace diptych::network {
namespace {

// Four columns: sines at frequencies 1 and 1/10000, then the cosines.
TEST(Sinusoids, AreSinesAndThenCosines) {
  const std::vector<float> values = sinusoids(std::vector<std::int32_t>{0, 2, 700}, 4);
  const auto expect = [&](std::size_t row, double angle) {
    const double tolerance = test::accumulation_tolerance(1, angle + 1.0);
    EXPECT_NEAR(values[4 * row], std::sin(angle), tolerance);
    EXPECT_NEAR(values[4 * row + 1], std::sin(angle / 10000.0), tolerance);
    EXPECT_NEAR(values[4 * row + 2], std::cos(angle), tolerance);
    EXPECT_NEAR(values[4 * row + 3], std::cos(angle / 10000.0), tolerance);
  };
  ASSERT_EQ(values.size(), 12U);
  expect(0, 0.0);
  expect(1, 2.0);
  expect(2, 700.0);
}

}  // namespace
}  // namespace diptych::network
