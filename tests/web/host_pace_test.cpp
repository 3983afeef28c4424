#include "web/host_pace.h"

#include <gtest/gtest.h>

namespace diptych::web {
namespace {

using std::chrono::milliseconds;

constexpr Clock::time_point kStart{std::chrono::hours(1)};

/// How many requests start within `time`, each of which ends at once.
int started_within(HostPace& pace, milliseconds time) {
  int started = 0;
  Clock::time_point now = kStart;
  while (pace.next_start(now) < kStart + time) {
    now = pace.next_start(now);
    pace.start(now);
    pace.finish();
    ++started;
  }
  return started;
}

TEST(HostPace, StartsABurstAndThenAtTheRate) {
  HostPace pace({.connections = 100, .rate = 10.0, .burst = 5.0}, kStart);
  EXPECT_EQ(started_within(pace, milliseconds(1)), 5);
  HostPace longer({.connections = 100, .rate = 10.0, .burst = 5.0}, kStart);
  EXPECT_NEAR(started_within(longer, milliseconds(10'000)), 5 + 100, 1);
}

TEST(HostPace, IsNeverFasterForHavingRested) {
  HostPace pace({.rate = 10.0, .burst = 2.0}, kStart);
  const Clock::time_point later = kStart + std::chrono::hours(1);
  pace.start(later);
  pace.start(later);
  EXPECT_GT(pace.next_start(later), later);
  EXPECT_LE(pace.next_start(later), later + milliseconds(101));
}

TEST(HostPace, CountsWhatRuns) {
  HostPace pace({.connections = 2, .rate = 0.0}, kStart);
  EXPECT_TRUE(pace.has_free_connection());
  pace.start(kStart);
  pace.start(kStart);
  EXPECT_FALSE(pace.has_free_connection());
  EXPECT_FALSE(pace.is_at_rest(kStart));
  pace.finish();
  EXPECT_TRUE(pace.has_free_connection());
}

TEST(HostPace, WaitsAsTheHostAsks) {
  HostPace pace({.rate = 0.0}, kStart);
  pace.hold_until(kStart + milliseconds(3000));
  pace.hold_until(kStart + milliseconds(1000));
  EXPECT_EQ(pace.next_start(kStart), kStart + milliseconds(3000));
  EXPECT_FALSE(pace.is_at_rest(kStart));
  EXPECT_TRUE(pace.is_at_rest(kStart + milliseconds(3000)));
}

TEST(HostPace, TakesADelayThatIsSlowerThanItsRate) {
  HostPace pace({.connections = 8, .rate = 20.0, .burst = 8.0}, kStart);
  pace.set_delay(milliseconds(10));
  EXPECT_EQ(started_within(pace, milliseconds(1)), 8);
  HostPace slow({.connections = 8, .rate = 20.0, .burst = 8.0}, kStart);
  slow.set_delay(milliseconds(2000));
  EXPECT_NEAR(started_within(slow, milliseconds(9'000)), 5, 1);
}

TEST(HostPace, RestsOnceItsBucketIsFull) {
  HostPace pace({.rate = 1.0, .burst = 2.0}, kStart);
  pace.start(kStart);
  pace.finish();
  EXPECT_FALSE(pace.is_at_rest(kStart));
  EXPECT_TRUE(pace.is_at_rest(kStart + milliseconds(1001)));
}

}  // namespace
}  // namespace diptych::web
