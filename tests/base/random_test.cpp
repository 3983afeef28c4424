#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace diptych {
namespace {

constexpr std::uint64_t kMaxDraw = std::numeric_limits<std::uint64_t>::max();

// What xoshiro256starstar.c of prng.di.unimi.it gives from the state 1, 2, 3, 4.
TEST(Random, GivesThePublishedNumbers) {
  Random random(Random::State{1, 2, 3, 4});
  const std::uint64_t expected[] = {
      11520U,
      0U,
      1509978240U,
      1215971899390074240U,
      1216172134540287360U,
      607988272756665600U,
      16172922978634559625U,
      8476171486693032832U,
      10595114339597558777U,
      2904607092377533576U,
  };
  for (const std::uint64_t value : expected) EXPECT_EQ(random.next(), value);
}

TEST(Random, GoesOnFromItsState) {
  Random first(7);
  for (int i = 0; i < 10; ++i) first.next();
  Random second(first.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(second.next(), first.next());
}

TEST(Random, SeedsAndStreamsDiffer) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (std::uint64_t stream = 0; stream < 30; ++stream)
      firsts.insert(Random(seed, stream).next());
  }
  EXPECT_EQ(firsts.size(), 900U);
  EXPECT_EQ(Random(3, 4).next(), Random(3, 4).next());
}

TEST(Random, UniformIsBelowOne) {
  // The state whose next output is the largest: rotl(s1 * 5, 7) * 9 undone modulo 2^64.
  constexpr std::uint64_t kInverseOf5 = 0xCCCCCCCCCCCCCCCD;
  constexpr std::uint64_t kInverseOf9 = 0x8E38E38E38E38E39;
  const std::uint64_t rotated = kMaxDraw * kInverseOf9;
  const std::uint64_t word = (rotated >> 7 | rotated << 57) * kInverseOf5;
  const Random::State largest = {1, word, 3, 4};
  ASSERT_EQ(Random(largest).next(), kMaxDraw);
  EXPECT_LT(Random(largest).uniform(), 1.0);
  EXPECT_EQ(Random(largest).uniform(), 1.0 - 0x1.0p-53);

  // 2^64 - 1 is the one value that below(3) must pass over to be without bias.
  Random skips(largest);
  Random skipped(largest);
  skipped.next();
  EXPECT_EQ(skips.below(3), skipped.next() % 3);
  EXPECT_EQ(skips.state(), skipped.state());
}

TEST(Random, BelowIsEven) {
  constexpr int kDraws = 70'000;
  Random random(1);
  std::array<int, 7> counts = {};
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(7));
  // Six degrees of freedom: chi square stays below 22.5 in 999 of 1000 seeds.
  double chi_square = 0.0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  EXPECT_LT(chi_square, 22.5);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, UniformFillsItsRange) {
  Random random(2);
  double low = 1.0;
  double high = 0.0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform(-3.0, 5.0);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_GE(low, -3.0);
  EXPECT_LT(low, -2.99);
  EXPECT_LT(high, 5.0);
  EXPECT_GT(high, 4.99);
}

TEST(Random, NormalHasItsMoments) {
  constexpr int kDraws = 100'000;
  Random random(3);
  double sum = 0.0;
  double squares = 0.0;
  double fourths = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
    fourths += value * value * value * value;
  }
  // Four standard errors: of x, x^2 and x^4 they are 1, sqrt(2) and sqrt(96) over sqrt(n).
  const double error = 4.0 / std::sqrt(kDraws);
  EXPECT_NEAR(sum / kDraws, 0.0, error);
  EXPECT_NEAR(squares / kDraws, 1.0, error * std::sqrt(2.0));
  EXPECT_NEAR(fourths / kDraws, 3.0, error * std::sqrt(96.0));
}

}  // namespace
}  // namespace diptych
