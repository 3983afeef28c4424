#include <gtest/gtest.h>

#include <vector>

#include "kernels/elementwise.h"
#include "kernels/im2col.h"
#include "kernels/pixels.h"
#include "kernels/pooling.h"
#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using kernels::MapShape;
using kernels::SlidingWindow;
using test::TestMatrix;

/// Row and column tell where a value came from.
TestMatrix numbered(int rows, int width) {
  TestMatrix result(rows, width);
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < width; ++i) result.at(row, i) = static_cast<float>(100 * row + i);
  }
  return result;
}

TEST(Im2colTest, LaysOutEveryNeighbourhood) {
  const MapShape shape{.batch = 2, .height = 5, .width = 4};
  const TestMatrix x = numbered(shape.rows(), 3);
  ThreadPool pool(2);
  for (const SlidingWindow window :
       {SlidingWindow{3, 1}, SlidingWindow{3, 2}, SlidingWindow{1, 2}, SlidingWindow{5, 1}}) {
    const MapShape places = window.output(shape);
    constexpr int kFirst = 2;
    TestMatrix out(places.rows() - kFirst, window.size * window.size * 3);
    kernels::im2col(x.view(), shape, window, kFirst, out.view(), pool);
    for (int row = 0; row < out.rows(); ++row) {
      const int place = row + kFirst;
      for (int i = 0; i < out.width(); ++i) {
        const int y = place / places.width % places.height * window.stride - window.padding() +
                      i / 3 / window.size;
        const int column =
            place % places.width * window.stride - window.padding() + i / 3 % window.size;
        const bool inside = y >= 0 && y < 5 && column >= 0 && column < 4;
        const int picture = place / (places.width * places.height);
        ASSERT_EQ(out.at(row, i), inside ? x.at((picture * 5 + y) * 4 + column, i % 3) : 0.0F);
      }
    }
  }
}

TEST(Im2colTest, CountsPlacesAsConvolutionsDo) {
  EXPECT_EQ((SlidingWindow{3, 2}.places(224)), 112);
  EXPECT_EQ((SlidingWindow{3, 1}.places(7)), 7);
  EXPECT_EQ((SlidingWindow{1, 2}.places(7)), 4);
}

TEST(AveragePoolTest, LeavesOutWhatFillsNoWindow) {
  const MapShape shape{.batch = 2, .height = 5, .width = 4};
  const TestMatrix x = TestMatrix::random(shape.rows(), 7, 1);
  TestMatrix out(2 * 2 * 2, 7);
  ThreadPool pool(2);
  kernels::average_pool(x.view(), shape, SlidingWindow{2, 2}, out.view(), pool);
  for (int row = 0; row < out.rows(); ++row) {
    const int corner = row / 4 * 20 + row / 2 % 2 * 8 + row % 2 * 2;
    for (int i = 0; i < 7; ++i) {
      const double mean = (static_cast<double>(x.at(corner, i)) + x.at(corner + 1, i) +
                           x.at(corner + 4, i) + x.at(corner + 5, i)) /
                          4.0;
      ASSERT_NEAR(out.at(row, i), mean, test::accumulation_tolerance(4, 4.0));
    }
  }
}

TEST(AveragePoolTest, DoesNotCountItsPadding) {
  const MapShape shape{.batch = 1, .height = 3, .width = 4};
  const TestMatrix x = TestMatrix::random(shape.rows(), 2, 1);
  TestMatrix out(2 * 2, 2);
  ThreadPool pool(1);
  kernels::average_pool(x.view(), shape, SlidingWindow{3, 2}, out.view(), pool);
  const auto expect_mean = [&](int row, const std::vector<int>& seen) {
    double sum = 0.0;
    for (const int place : seen) sum += x.at(place, 1);
    EXPECT_NEAR(out.at(row, 1), sum / static_cast<double>(seen.size()),
                test::accumulation_tolerance(seen.size(), 4.0));
  };
  expect_mean(0, {0, 1, 4, 5});
  expect_mean(1, {1, 2, 3, 5, 6, 7});
  expect_mean(2, {4, 5, 8, 9});
  expect_mean(3, {5, 6, 7, 9, 10, 11});
}

TEST(MeanRowsTest, AveragesEverySequence) {
  const TestMatrix x = numbered(6, 9);
  TestMatrix out(3, 9);
  ThreadPool pool(1);
  const std::vector<std::int32_t> offsets = {0, 1, 3, 6};
  kernels::mean_rows(x.view(), offsets, out.view(), pool);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(out.at(0, i), static_cast<float>(i));
    EXPECT_EQ(out.at(1, i), static_cast<float>(150 + i));
    EXPECT_EQ(out.at(2, i), static_cast<float>(400 + i));
  }
}

TEST(PixelsTest, CutsPatchesInTheOrderOfAConvolution) {
  const MapShape shape{.batch = 2, .height = 7, .width = 5};
  std::vector<float> pixels(2 * 3 * 7 * 5);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i);
  TestMatrix out(2 * 3 * 2, 3 * 2 * 2);
  ThreadPool pool(2);
  kernels::patches(pixels.data(), shape, 2, out.view(), pool);
  for (int row = 0; row < out.rows(); ++row) {
    for (int i = 0; i < out.width(); ++i) {
      const int y = row / 2 % 3 * 2 + i / 2 % 2;
      const int x = row % 2 * 2 + i % 2;
      ASSERT_EQ(out.at(row, i), static_cast<float>(((row / 6 * 3 + i / 4) * 7 + y) * 5 + x));
    }
  }
}

TEST(PixelsTest, PutsChannelsLast) {
  const MapShape shape{.batch = 2, .height = 2, .width = 2};
  std::vector<float> pixels(24);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i);
  TestMatrix out(8, 3);
  ThreadPool pool(1);
  kernels::channels_last(pixels.data(), shape, out.view(), pool);
  for (int row = 0; row < 8; ++row) {
    for (int channel = 0; channel < 3; ++channel)
      EXPECT_EQ(out.at(row, channel), static_cast<float>(row / 4 * 12 + channel * 4 + row % 4));
  }
}

TEST(AdditionTest, AddsElements) {
  const TestMatrix a = numbered(3, 50);
  const TestMatrix b = TestMatrix::random(3, 50, 1);
  TestMatrix out(3, 50, 0);
  ThreadPool pool(1);
  kernels::add(a.view(), b.view(), out.view(), pool);
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 50; ++i) EXPECT_EQ(out.at(row, i), a.at(row, i) + b.at(row, i));
  }
}

}  // namespace
}  // namespace diptych
