#include "kernels/rotation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::TestMatrix;

TEST(RotatePairsTest, TurnsNeighbouringColumnsOfEveryHead) {
  constexpr int kPairs = 3;
  constexpr int kHeads = 2;
  const std::vector<std::int32_t> positions = {1, 0, 2, 1};
  std::vector<float> cosines;
  std::vector<float> sines;
  for (int i = 0; i < 3 * kPairs; ++i) {
    cosines.push_back(std::cos(static_cast<float>(i)));
    sines.push_back(std::sin(static_cast<float>(i)));
  }
  const TestMatrix x = TestMatrix::random(4, 2 * kPairs * kHeads, 1);
  TestMatrix out = x;
  ThreadPool pool(2);
  kernels::rotate_pairs(out.view(), cosines.data(), sines.data(), kPairs, positions, out.view(),
                        pool);
  for (int row = 0; row < 4; ++row) {
    for (int i = 0; i < x.width(); i += 2) {
      const double angle = positions[static_cast<std::size_t>(row)] * kPairs + i / 2 % kPairs;
      const double a = x.at(row, i);
      const double b = x.at(row, i + 1);
      const double tolerance = test::accumulation_tolerance(2, std::abs(a) + std::abs(b));
      ASSERT_NEAR(out.at(row, i), a * std::cos(angle) - b * std::sin(angle), tolerance);
      ASSERT_NEAR(out.at(row, i + 1), b * std::cos(angle) + a * std::sin(angle), tolerance);
    }
  }
}

}  // namespace
}  // namespace diptych
