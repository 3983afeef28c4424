#include "web/retry.h"

#include <gtest/gtest.h>

namespace diptych::web {
namespace {

TEST(Retry, IsForWhatCanPass) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    EXPECT_TRUE(may_succeed_later(status)) << status;
  }
  for (const int status : {200, 301, 400, 401, 403, 404, 410, 451, 501, 505}) {
    EXPECT_FALSE(may_succeed_later(status)) << status;
  }
}

TEST(Retry, WaitsTwiceAsLongEachTimeUpToAMinute) {
  for (int failed = 1; failed < 40; ++failed) {
    const double seconds = std::chrono::duration<double>(retry_delay(failed, 7)).count();
    const double middle = std::min(60.0, static_cast<double>(1ULL << std::min(failed - 1, 20)));
    EXPECT_GE(seconds, 0.74 * middle) << failed;
    EXPECT_LE(seconds, 1.26 * middle) << failed;
  }
  EXPECT_NE(retry_delay(3, 1), retry_delay(3, 2));
  EXPECT_EQ(retry_delay(3, 1), retry_delay(3, 1));
}

}  // namespace
}  // namespace diptych::web
