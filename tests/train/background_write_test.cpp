#include "train/background_write.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace diptych {
namespace {

using train::BackgroundWrite;

TEST(BackgroundWrite, GoesOnWhileStepsDo) {
  std::promise<void> may_end;
  std::atomic<bool> is_written = false;
  BackgroundWrite write;
  write.begin([&] {
    may_end.get_future().wait();
    is_written = true;
  });
  write.check();
  EXPECT_FALSE(is_written) << "what waits for it would wait for ever";
  may_end.set_value();
  write.finish();
  EXPECT_TRUE(is_written);
}

TEST(BackgroundWrite, WhoeverAsksIsToldWhatFailed) {
  const auto fails = [] { throw std::runtime_error("the disk is full"); };
  BackgroundWrite write;
  write.begin(fails);
  EXPECT_THROW(write.finish(), std::runtime_error);
  EXPECT_NO_THROW(write.finish()) << "once";
  write.begin(fails);
  const auto until_it_is_over = [&] {
    while (true) {
      write.check();
      std::this_thread::yield();
    }
  };
  EXPECT_THROW(until_it_is_over(), std::runtime_error);
}

TEST(BackgroundWrite, IsWaitedForInTheEnd) {
  std::atomic<bool> is_written = false;
  {
    BackgroundWrite write;
    write.begin([&] {
      std::this_thread::yield();
      is_written = true;
    });
  }
  EXPECT_TRUE(is_written);
}

/// What it wrote is let go once somebody has looked.
TEST(BackgroundWrite, HoldsNothingWhenItIsOver) {
  const auto state = std::make_shared<int>(7);
  BackgroundWrite write;
  write.begin([state] {});
  write.finish();
  EXPECT_EQ(state.use_count(), 1);
}

}  // namespace
}  // namespace diptych
