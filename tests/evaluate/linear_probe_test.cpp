#include "evaluate/linear_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace diptych::evaluate {
namespace {

struct Points {
  Matrix rows;
  std::vector<std::size_t> right_classes;
};

/// Points around a centre for each of three classes, all of them far from zero.
Points clouds(std::size_t of_each, std::uint64_t seed, double spread) {
  constexpr std::size_t kWidth = 8;
  Points points{.rows = Matrix(3 * of_each, kWidth), .right_classes = {}};
  Random random(seed);
  for (std::size_t i = 0; i < points.rows.rows; ++i) {
    const std::size_t right = i % 3;
    for (std::size_t j = 0; j < kWidth; ++j) {
      points.rows.row(i)[j] =
          static_cast<float>(20.0 + (j == right ? 1.0 : 0.0) + spread * random.normal());
    }
    points.right_classes.push_back(right);
  }
  return points;
}

TEST(LinearProbe, TellsCloudsApart) {
  const Points known = clouds(30, 1, 0.1);
  const Points others = clouds(20, 2, 0.1);
  const Matrix scores = linear_probe(known.rows, known.right_classes, 3, others.rows, 1e-3);
  EXPECT_EQ(accuracy(scores, others.right_classes), 1.0);
}

/// With two classes and one number the best weights are known: the loss's derivative is zero.
TEST(LinearProbe, FindsTheMinimum) {
  Matrix rows(4, 1);
  rows.values = {-1.0F, 1.0F, -1.0F, 1.0F};
  const std::vector<std::size_t> right = {0, 1, 0, 1};
  constexpr double kDecay = 0.1;
  Matrix ask(1, 1);
  ask.values = {1.0F};
  const Matrix scores = linear_probe(rows, right, 2, ask, kDecay);
  // Weights -w and w: the mean loss log(1 + exp(-2 w)) + decay w^2 has its minimum where
  // 2 / (1 + exp(2 w)) = 2 decay w.
  double low = 0.0;
  double high = 10.0;
  for (int i = 0; i < 60; ++i) {
    const double w = 0.5 * (low + high);
    (2.0 / (1.0 + std::exp(2.0 * w)) > 2.0 * kDecay * w ? low : high) = w;
  }
  EXPECT_NEAR(scores.row(0)[1], low, 1e-3);
  EXPECT_NEAR(scores.row(0)[0], -low, 1e-3);
}

TEST(LinearProbe, TheBestDecayIsNoWorseThanAnyOne) {
  const Points known = clouds(5, 3, 1.0);
  const Points others = clouds(40, 4, 1.0);
  const double best =
      best_probe_accuracy(known.rows, known.right_classes, 3, others.rows, others.right_classes);
  for (const double decay : {1e-4, 1e-1}) {
    EXPECT_GE(best, accuracy(linear_probe(known.rows, known.right_classes, 3, others.rows, decay),
                             others.right_classes));
  }
  EXPECT_LT(best, 1.0) << "the clouds overlap";
}

TEST(Accuracy, GivesATieToTheFirst) {
  Matrix scores(2, 2);
  EXPECT_EQ(accuracy(scores, std::vector<std::size_t>{0, 1}), 0.5);
}

}  // namespace
}  // namespace diptych::evaluate
