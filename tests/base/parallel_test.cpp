#include "base/parallel.h"

#include <sched.h>

#include <array>
#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/expect_error.h"

namespace diptych {
namespace {

class ThreadPoolOf : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolOf, RunsEveryIterationOnce) {
  ThreadPool pool(GetParam());
  for (const std::size_t count : {0, 1, 2, 3, 100, 1000}) {
    std::vector<std::atomic<int>> calls(count);
    pool.run(count, [&](std::size_t i) { ++calls[i]; });
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(calls[i], 1) << i << " of " << count;
  }
}

TEST_P(ThreadPoolOf, RethrowsAnExceptionAndGoesOn) {
  ThreadPool pool(GetParam());
  const auto fails = [](std::size_t i) {
    if (i == 3) throw std::runtime_error("the fourth");
  };
  EXPECT_THROW(pool.run(10, fails), std::runtime_error);
  std::atomic<int> calls = 0;
  pool.run(10, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 10);
}

TEST_P(ThreadPoolOf, StartsNothingNewAfterAnException) {
  ThreadPool pool(GetParam());
  std::atomic<int> calls = 0;
  const auto fails = [&](std::size_t) {
    ++calls;
    throw std::runtime_error("each");
  };
  EXPECT_THROW(pool.run(1'000'000, fails), std::runtime_error);
  EXPECT_LE(calls, pool.size());
}

TEST_P(ThreadPoolOf, LoopsOfSeveralCallersTakeTurns) {
  constexpr int kCallers = 4;
  ThreadPool pool(GetParam());
  std::array<std::atomic<int>, kCallers> active = {};
  std::atomic<int> overlaps = 0;
  std::atomic<int> calls = 0;
  const auto caller = [&](int me) {
    const auto body = [&](std::size_t) {
      ++active[me];
      for (int other = 0; other < kCallers; ++other) overlaps += other != me && active[other] > 0;
      ++calls;
      --active[me];
    };
    for (int repeat = 0; repeat < 50; ++repeat) pool.run(8, body);
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) callers.emplace_back(caller, i);
  for (std::thread& thread : callers) thread.join();
  EXPECT_EQ(calls, kCallers * 50 * 8);
  EXPECT_EQ(overlaps, 0);
}

TEST_P(ThreadPoolOf, SmallLoopsBetweenLargeOnesLoseNoIteration) {
  ThreadPool pool(GetParam());
  std::size_t expected = 0;
  std::atomic<std::size_t> calls = 0;
  for (std::size_t repeat = 0; repeat < 300; ++repeat) {
    for (const std::size_t count : {repeat % 4, std::size_t{20}}) {
      pool.run(count, [&](std::size_t) { ++calls; });
      expected += count;
    }
  }
  EXPECT_EQ(calls, expected);
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolOf, testing::Values(1, 2, 3, 8));

TEST(ThreadPool, OfOneWorksInTheCaller) {
  ThreadPool pool(1);
  std::set<std::thread::id> ids;
  pool.run(10, [&](std::size_t) { ids.insert(std::this_thread::get_id()); });
  EXPECT_EQ(ids, std::set{std::this_thread::get_id()});
}

TEST(ThreadPool, HasTheSizeAskedFor) {
  EXPECT_EQ(ThreadPool(3).size(), 3);
  EXPECT_EQ(ThreadPool().size(), available_cpus());
}

TEST(ThreadPool, RefusesSizesThatCannotBeMeant) {
  test::expect_error([] { ThreadPool{-1}; }, ErrorCode::invalid_argument, "threads: got -1");
  test::expect_error([] { ThreadPool{1'000'000}; }, ErrorCode::invalid_argument, "threads");
}

TEST(AvailableCpus, CountsTheAffinityMask) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(available_cpus(), CPU_COUNT(&all));
  int first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(available_cpus(), 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(all), &all), 0);
}

}  // namespace
}  // namespace diptych
