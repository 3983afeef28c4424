#include "evaluate/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "diptych/error.h"
#include "evaluate/fakes.h"

namespace diptych::evaluate {
namespace {

using test::matrix;
using ::testing::ElementsAre;

std::size_t rank_of(std::vector<float> scores, std::vector<std::size_t> right) {
  return best_rank(scores, right);
}

TEST(BestRank, CountsWhatScoresHigher) {
  EXPECT_EQ(rank_of({0.1F, 0.9F, 0.5F}, {1}), 1U);
  EXPECT_EQ(rank_of({0.1F, 0.9F, 0.5F}, {2}), 2U);
  EXPECT_EQ(rank_of({0.1F, 0.9F, 0.5F}, {0}), 3U);
}

TEST(BestRank, IsTheBestOfSeveralRightAnswers) {
  EXPECT_EQ(rank_of({0.1F, 0.9F, 0.5F, 0.7F}, {0, 2}), 3U);
  EXPECT_EQ(rank_of({0.1F, 0.9F, 0.5F, 0.7F}, {0, 1, 2}), 1U);
}

TEST(BestRank, OrdersEqualScoresByIndex) {
  EXPECT_EQ(rank_of({0.5F, 0.5F, 0.5F}, {0}), 1U);
  EXPECT_EQ(rank_of({0.5F, 0.5F, 0.5F}, {2}), 3U);
  EXPECT_EQ(rank_of({0.5F, 0.5F, 0.5F}, {2, 1}), 2U);
}

TEST(BestRank, RefusesNanAndAnswersOutOfRange) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(rank_of({0.5F, nan}, {0}), Error);
  EXPECT_THROW(rank_of({0.5F, nan}, {1}), Error);
  EXPECT_THROW(rank_of({0.5F, 0.1F}, {2}), Error);
}

TEST(BestRanks, IsZeroWithoutRightAnswers) {
  const Matrix queries = matrix({{1, 0}, {0, 1}, {1, 0}});
  const Matrix candidates = matrix({{0, 1}, {1, 0}});
  const std::vector<std::vector<std::size_t>> right = {{0}, {0}, {}};
  EXPECT_THAT(best_ranks(queries, candidates, right), ElementsAre(2, 1, 0));
}

TEST(BestRanks, AreTheSameOverManyBlocks) {
  // Query i is nearest to candidate i: angles that grow with the index.
  Matrix rows(700, 2);
  std::vector<std::vector<std::size_t>> right;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const double angle = 0.002 * static_cast<double>(i);
    rows.row(i)[0] = static_cast<float>(std::cos(angle));
    rows.row(i)[1] = static_cast<float>(std::sin(angle));
    right.push_back({i});
  }
  EXPECT_THAT(best_ranks(rows, rows, right), testing::Each(1U));
}

TEST(SharesWithin, CountsRanksUpToK) {
  const std::vector<std::size_t> ranks = {1, 3, 2, 6};
  const auto shares = shares_within(ranks, std::vector<std::size_t>{1, 2, 5, 6});
  ASSERT_EQ(shares.size(), 4U);
  EXPECT_EQ(shares[0].share, 0.25);
  EXPECT_EQ(shares[1].share, 0.5);
  EXPECT_EQ(shares[2].share, 0.75);
  EXPECT_EQ(shares[3].share, 1.0);
  EXPECT_EQ(shares[2].k, 5U);
}

}  // namespace
}  // namespace diptych::evaluate
