#include "kernels/nearest_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/every_isa.h"
#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::TestMatrix;
using testing::ElementsAre;

struct Found {
  std::vector<std::int32_t> rows;
  std::vector<float> cosines;
};

Found find(const TestMatrix& x, int heads, const std::vector<std::int32_t>& sequences,
           int threads = 1) {
  std::size_t evens = 0;
  for (std::size_t i = 0; i + 1 < sequences.size(); ++i)
    evens += static_cast<std::size_t>((sequences[i + 1] - sequences[i] + 1) / 2);
  Found found{.rows = std::vector<std::int32_t>(evens), .cosines = std::vector<float>(evens)};
  ThreadPool pool(threads);
  kernels::nearest_rows(x.view(), heads, sequences, {.rows = found.rows, .cosines = found.cosines},
                        pool);
  return found;
}

double mean(const TestMatrix& x, int row, int heads, int column) {
  double sum = 0.0;
  for (int c = column; c < x.width(); c += x.width() / heads) sum += x.at(row, c);
  return sum / heads;
}

double cosine(const TestMatrix& x, int a, int b, int heads) {
  double product = 0.0;
  double square_a = 0.0;
  double square_b = 0.0;
  for (int i = 0; i < x.width() / heads; ++i) {
    product += mean(x, a, heads, i) * mean(x, b, heads, i);
    square_a += mean(x, a, heads, i) * mean(x, a, heads, i);
    square_b += mean(x, b, heads, i) * mean(x, b, heads, i);
  }
  return product / std::sqrt(square_a * square_b);
}

TEST(NearestRows, AreThoseOfTheLargestCosine) {
  const std::vector<std::int32_t> sequences = {0, 50, 52, 55, 132};
  constexpr int kHeads = 3;
  const TestMatrix x = TestMatrix::random(132, kHeads * 20, 1);
  test::with_every_isa([&] {
    const Found found = find(x, kHeads, sequences, 2);
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < sequences.size(); ++i) {
      for (int even = sequences[i]; even < sequences[i + 1]; even += 2, ++place) {
        double largest = -1.0;
        for (int odd = sequences[i] + 1; odd < sequences[i + 1]; odd += 2)
          largest = std::max(largest, cosine(x, even, odd, kHeads));
        const int nearest = sequences[i] + found.rows[place];
        EXPECT_NEAR(found.cosines[place], largest, test::accumulation_tolerance(60, 1.0));
        EXPECT_NEAR(cosine(x, even, nearest, kHeads), largest,
                    test::accumulation_tolerance(60, 1.0));
      }
    }
    EXPECT_EQ(place, found.rows.size());
  });
}

TEST(NearestRows, AreTheFirstOfEquals) {
  TestMatrix x(6, 2, 0);
  const float rows[6][2] = {{1, 0}, {2, 0}, {0, 3}, {4, 0}, {-1, 1}, {0, 5}};
  for (int row = 0; row < 6; ++row) {
    for (int i = 0; i < 2; ++i) x.at(row, i) = rows[row][i];
  }
  const Found found = find(x, 1, {0, 6});
  EXPECT_THAT(found.rows, ElementsAre(1, 5, 5));
  EXPECT_FLOAT_EQ(found.cosines[0], 1.0F);
}

TEST(NearestRows, AreNoneWhereNoCosineIsANumber) {
  TestMatrix x = TestMatrix::random(5, 4, 2);
  for (int i = 0; i < 4; ++i) x.at(2, i) = 0.0F;
  const Found found = find(x, 2, {0, 4, 5});
  EXPECT_NE(found.rows[0], 0);
  EXPECT_EQ(found.rows[1], 0);  // a row of zeros
  EXPECT_EQ(found.rows[2], 0);  // alone
  EXPECT_LT(found.cosines[1], -1.0F);
  EXPECT_LT(found.cosines[2], -1.0F);
}

}  // namespace
}  // namespace diptych
