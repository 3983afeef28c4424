#include "network/operations/rotary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/support.h"

namespace diptych::network {
namespace {

/// The angle of one pair of columns, from both of its functions.
double angle(const RotaryTable& table, int row, int pair) {
  const auto i = static_cast<std::size_t>(row * table.pairs + pair);
  return std::atan2(table.sines[i], table.cosines[i]);
}

TEST(RotaryTable, DoesNotTurnTheClassToken) {
  const RotaryTable table = RotaryTable::of_grid({.side = 3, .counted_side = 16}, 8);
  EXPECT_EQ(table.rows, 10);
  EXPECT_EQ(table.pairs, 4);
  for (int pair = 0; pair < 4; ++pair) EXPECT_EQ(angle(table, 0, pair), 0.0);
}

// A head of width 8: two pairs turn with the row, two with the column, at frequencies 1 and 1/100.
TEST(RotaryTable, TurnsTheFirstHalfWithTheRowAndTheSecondWithTheColumn) {
  const RotaryTable table = RotaryTable::of_grid({.side = 8, .counted_side = 16}, 8);
  constexpr int kPatch = 1 + 1 * 8 + 5;  // row 1, column 5, counted twice as far on a grid of 16
  const auto expect_angle = [&](int pair, double expected) {
    EXPECT_NEAR(angle(table, kPatch, pair), std::remainder(expected, 2.0 * M_PI),
                test::accumulation_tolerance(1, 4.0));
  };
  expect_angle(0, 2.0);
  expect_angle(1, 0.02);
  expect_angle(2, 10.0);
  expect_angle(3, 0.1);
}

// PE-Core counts from one, columns first.
TEST(RotaryTable, CountsFromItsOriginInTheOrderAsked) {
  const RotaryTable table =
      RotaryTable::of_grid({.side = 8, .counted_side = 8, .origin = 1, .columns_first = true}, 4);
  constexpr int kPatch = 1 + 1 * 8 + 2;  // row 1, column 2
  EXPECT_NEAR(angle(table, kPatch, 0), 3.0, test::accumulation_tolerance(1, 3.0));
  EXPECT_NEAR(angle(table, kPatch, 1), 2.0, test::accumulation_tolerance(1, 2.0));
}

}  // namespace
}  // namespace diptych::network
