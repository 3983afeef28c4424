#include "engine/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "support/wait_until.h"

namespace diptych {
namespace {

using engine::Turns;

TEST(TurnsTest, AreTakenInTheOrderOfAsking) {
  Turns turns(0);
  std::vector<int> order;
  std::unique_ptr<Turns::Turn> first(new Turns::Turn(turns.take(Turns::Size::large)));
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      const Turns::Turn turn = turns.take(i % 2 == 0 ? Turns::Size::large : Turns::Size::small);
      EXPECT_TRUE(turn.has_whole());
      order.push_back(i);
    });
    test::wait_until([&] { return turns.waiting() == static_cast<std::size_t>(i + 1); });
  }
  first.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(TurnsTest, ASmallOneAloneHasTheWhole) {
  Turns turns(4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(turns.take(Turns::Size::small).has_whole());
}

// After a large job a query has all threads, too.
TEST(TurnsTest, ASmallOneAmongLargeOnesHasTheWhole) {
  Turns turns(4);
  std::unique_ptr<Turns::Turn> large(new Turns::Turn(turns.take(Turns::Size::large)));
  std::atomic<bool> had_whole = false;
  std::thread query([&] { had_whole = turns.take(Turns::Size::small).has_whole(); });
  test::wait_until([&] { return turns.waiting() == 1; });
  large.reset();
  query.join();
  EXPECT_TRUE(had_whole);
}

TEST(TurnsTest, SmallOnesRunSideBySideInLanesOfTheirOwn) {
  Turns turns(2);
  std::unique_ptr<Turns::Turn> large(new Turns::Turn(turns.take(Turns::Size::large)));
  std::atomic<int> under_way = 0;
  std::atomic<int> lanes = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const Turns::Turn turn = turns.take(Turns::Size::small);
      EXPECT_FALSE(turn.has_whole());
      lanes += static_cast<int>(turn.lane()) + 1;
      ++under_way;
      test::wait_until([&] { return under_way == 2; });  // for ever, unless both run at once
    });
  }
  test::wait_until([&] { return turns.waiting() == 2; });
  large.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lanes, 1 + 2);
}

TEST(TurnsTest, NobodyHasTheWholeWhileALaneIsTaken) {
  Turns turns(3);
  std::atomic<int> inside = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, size = i < 4 ? Turns::Size::small : Turns::Size::large] {
      for (int repeat = 0; repeat < 200; ++repeat) {
        const Turns::Turn turn = turns.take(size);
        const int others = inside++;
        if (turn.has_whole()) {
          EXPECT_EQ(others, 0);
        }
        EXPECT_LE(others, 2);
        std::this_thread::yield();
        if (turn.has_whole()) {
          EXPECT_EQ(inside, 1);
        }
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace diptych
