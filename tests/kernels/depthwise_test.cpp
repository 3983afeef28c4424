#include "kernels/depthwise.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/every_isa.h"
#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using kernels::MapShape;
using kernels::SlidingWindow;
using test::TestMatrix;

/// By the definition, in double precision; `magnitude` becomes the sum of the terms' magnitudes.
double naive(const TestMatrix& x, const MapShape& shape, const SlidingWindow& window,
             const TestMatrix& weights, const TestMatrix& bias, int row, int c, double& magnitude) {
  double sum = bias.at(0, c);
  magnitude = std::abs(sum);
  const MapShape places = window.output(shape);
  const int size = window.size;
  for (int i = 0; i < size * size; ++i) {
    const int y = row / places.width % places.height * window.stride + i / size - window.padding();
    const int column = row % places.width * window.stride + i % size - window.padding();
    if (y < 0 || y >= shape.height || column < 0 || column >= shape.width) continue;
    const int picture = row / (places.height * places.width);
    const double term =
        static_cast<double>(x.at((picture * shape.height + y) * shape.width + column, c)) *
        weights.at(0, i * x.width() + c);
    sum += term;
    magnitude += std::abs(term);
  }
  return sum;
}

struct Case {
  MapShape shape;
  SlidingWindow window;
  int channels;
};

class Depthwise : public testing::TestWithParam<Case> {};

TEST_P(Depthwise, EqualsItsDefinition) {
  const auto& [shape, window, channels] = GetParam();
  const int size = window.size;
  const TestMatrix x = TestMatrix::random(shape.rows(), channels, 1);
  const TestMatrix weights = TestMatrix::random(1, size * size * channels, 2);
  const TestMatrix bias = TestMatrix::random(1, channels, 3);
  ThreadPool pool(2);
  test::with_every_isa([&] {
    TestMatrix out(window.output(shape).rows(), channels);
    kernels::depthwise_convolution(x.view(), shape, window, weights.view().data, bias.view().data,
                                   out.view(), pool);
    for (int row = 0; row < out.rows(); ++row) {
      for (int c = 0; c < channels; ++c) {
        double magnitude = 0.0;
        const double expected = naive(x, shape, window, weights, bias, row, c, magnitude);
        ASSERT_NEAR(out.at(row, c), expected,
                    test::accumulation_tolerance(static_cast<std::size_t>(size * size), magnitude))
            << row << ", " << c;
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Depthwise,
                         testing::Values(Case{{2, 9, 11}, {7, 1}, 37}, Case{{1, 1, 1}, {7, 1}, 3},
                                         Case{{3, 2, 5}, {7, 1}, 64}, Case{{1, 6, 8}, {3, 1}, 16},
                                         Case{{2, 4, 3}, {1, 1}, 5}, Case{{2, 9, 12}, {7, 2}, 37},
                                         Case{{1, 8, 7}, {3, 2}, 16}));

TEST(MergePlaces, LaysOutSquaresInTheOrderOfAConvolution) {
  const MapShape shape{.batch = 2, .height = 5, .width = 4};
  const TestMatrix x = TestMatrix::random(shape.rows(), 3, 1);
  TestMatrix out(2 * 2 * 2, 12);
  ThreadPool pool(2);
  kernels::merge_places(x.view(), shape, 2, out.view(), pool);
  for (int row = 0; row < out.rows(); ++row) {
    for (int i = 0; i < 12; ++i) {
      const int y = row / 2 % 2 * 2 + i / 2 % 2;
      const int column = row % 2 * 2 + i % 2;
      ASSERT_EQ(out.at(row, i), x.at((row / 4 * 5 + y) * 4 + column, i / 4));
    }
  }
}

}  // namespace
}  // namespace diptych
