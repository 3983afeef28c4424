#include "base/prefetcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace diptych {
namespace {

using Squares = Prefetcher<int, int>;

Squares::Issue numbers_below(int end) {
  return [i = 0, end]() mutable { return i < end ? std::optional(i++) : std::nullopt; };
}

class PrefetcherOf : public testing::TestWithParam<int> {};

TEST_P(PrefetcherOf, HandsOutAllResultsInOrder) {
  Squares squares(GetParam(), 3, numbers_below(200), [](int i) { return i * i; });
  for (int i = 0; i < 200; ++i) EXPECT_EQ(squares.next(), i * i);
  EXPECT_EQ(squares.next(), std::nullopt);
  EXPECT_EQ(squares.next(), std::nullopt);
}

TEST_P(PrefetcherOf, ThrowsWhereAResultWouldBeAndGoesOn) {
  Squares squares(GetParam(), 4, numbers_below(4), [](int i) {
    if (i == 1) throw std::runtime_error("the second");
    return i;
  });
  EXPECT_EQ(squares.next(), 0);
  EXPECT_THROW(squares.next(), std::runtime_error);
  EXPECT_EQ(squares.next(), 2);
  EXPECT_EQ(squares.next(), 3);
}

TEST_P(PrefetcherOf, HasNothingOfNothing) {
  Squares squares(GetParam(), 1, numbers_below(0), [](int i) { return i; });
  EXPECT_EQ(squares.next(), std::nullopt);
}

TEST_P(PrefetcherOf, MayEndBeforeItsResultsAreTaken) {
  Squares squares(GetParam(), 2, numbers_below(1000), [](int i) { return i; });
  EXPECT_EQ(squares.next(), 0);
}

INSTANTIATE_TEST_SUITE_P(Workers, PrefetcherOf, testing::Values(0, 1, 4));

TEST(PrefetcherTest, MakesNoMoreAheadThanItMay) {
  constexpr int kAhead = 3;
  std::atomic<int> taken = 0;
  std::atomic<int> most_ahead = 0;
  Squares squares(4, kAhead, numbers_below(300), [&](int i) {
    const int ahead = i + 1 - taken;
    int most = most_ahead;
    while (ahead > most && !most_ahead.compare_exchange_weak(most, ahead)) {
    }
    return i;
  });
  while (squares.next()) ++taken;
  // `taken` is counted after the result has left, when another may have been begun already.
  EXPECT_LE(most_ahead, kAhead + 1);
}

TEST(PrefetcherTest, SaysWhenTheNextResultIsThere) {
  std::atomic<bool> may_go_on = false;
  Squares squares(1, 1, numbers_below(1), [&](int i) {
    while (!may_go_on) std::this_thread::yield();
    return i;
  });
  EXPECT_FALSE(squares.is_ready(std::chrono::milliseconds(1)));
  may_go_on = true;
  EXPECT_TRUE(squares.is_ready(std::chrono::minutes(1)));
  EXPECT_EQ(squares.next(), 0);
}

}  // namespace
}  // namespace diptych
