#include "kernels/norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/every_isa.h"
#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::TestMatrix;

constexpr float kEpsilon = 1e-5F;

double normed(const TestMatrix& x, int row, int column) {
  double mean = 0.0;
  double variance = 0.0;
  for (int i = 0; i < x.width(); ++i) mean += x.at(row, i) / static_cast<double>(x.width());
  for (int i = 0; i < x.width(); ++i)
    variance += (x.at(row, i) - mean) * (x.at(row, i) - mean) / x.width();
  return (x.at(row, column) - mean) / std::sqrt(variance + kEpsilon);
}

TEST(LayerNormTest, AgreesWithTheDefinitionForWidthsAroundTheVectors) {
  ThreadPool pool(2);
  test::with_every_isa([&] {
    for (const int width : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 80, 768}) {
      TestMatrix x = TestMatrix::random(3, width, 1);
      for (int i = 0; i < width; ++i) x.at(1, i) += 100.0F;  // a mean far from zero
      const TestMatrix weight = TestMatrix::random(1, width, 2);
      const TestMatrix bias = TestMatrix::random(1, width, 3);
      TestMatrix out(3, width, 0);
      kernels::layer_norm(x.view(), weight.view().row(0), bias.view().row(0), kEpsilon, out.view(),
                          pool);
      for (int row = 0; row < 3; ++row) {
        // Rounding of the mean is carried along: as large as the values themselves.
        const double magnitude = row == 1 ? 110.0 * width : 10.0 * width;
        const double tolerance =
            test::accumulation_tolerance(static_cast<std::size_t>(width), magnitude);
        for (int i = 0; i < width; ++i)
          ASSERT_NEAR(out.at(row, i), normed(x, row, i) * weight.at(0, i) + bias.at(0, i),
                      tolerance)
              << "width " << width << ", row " << row;
      }
    }
  });
}

TEST(LayerNormTest, WorksInPlaceAndOnManyThreads) {
  const TestMatrix x = TestMatrix::random(500, 100, 1);
  const TestMatrix weight = TestMatrix::random(1, 100, 2);
  const TestMatrix bias = TestMatrix::random(1, 100, 3);
  TestMatrix out(500, 100);
  ThreadPool one(1);
  kernels::layer_norm(x.view(), weight.view().row(0), bias.view().row(0), kEpsilon, out.view(),
                      one);
  TestMatrix in_place = x;
  ThreadPool many(5);
  kernels::layer_norm(in_place.view(), weight.view().row(0), bias.view().row(0), kEpsilon,
                      in_place.view(), many);
  for (int row = 0; row < 500; ++row)
    ASSERT_TRUE(
        std::equal(out.view().row(row), out.view().row(row) + 100, in_place.view().row(row)));
}

TEST(RmsNormTest, AgreesWithTheDefinitionForWidthsAroundTheVectors) {
  ThreadPool pool(2);
  test::with_every_isa([&] {
    for (const int width : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 80, 768}) {
      TestMatrix x = TestMatrix::random(3, width, 1);
      for (int i = 0; i < width; ++i) x.at(1, i) += 100.0F;  // a mean, which stays
      const TestMatrix weight = TestMatrix::random(1, width, 2);
      TestMatrix out(3, width, 0);
      kernels::rms_norm(x.view(), weight.view().row(0), kEpsilon, out.view(), pool);
      for (int row = 0; row < 3; ++row) {
        double mean_square = 0.0;
        for (int i = 0; i < width; ++i)
          mean_square += static_cast<double>(x.at(row, i)) * x.at(row, i) / width;
        for (int i = 0; i < width; ++i) {
          const double expected =
              x.at(row, i) / std::sqrt(mean_square + kEpsilon) * weight.at(0, i);
          ASSERT_NEAR(
              out.at(row, i), expected,
              test::accumulation_tolerance(static_cast<std::size_t>(width), std::abs(expected)))
              << "width " << width << ", row " << row;
        }
      }
    }
  });
}

}  // namespace
}  // namespace diptych
