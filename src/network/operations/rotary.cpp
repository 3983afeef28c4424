#include "network/operations/rotary.h"

#include <cmath>

namespace diptych::network {
namespace {

constexpr double kBase = 10000.0;

}  // namespace

RotaryTable RotaryTable::of_grid(const Grid& grid, int head_width) {
  const int side = grid.side;
  RotaryTable table{.rows = 1 + side * side, .pairs = head_width / 2};
  const int pairs_each = table.pairs / 2;
  table.cosines.assign(static_cast<std::size_t>(table.pairs), 1.0F);
  table.sines.assign(static_cast<std::size_t>(table.pairs), 0.0F);
  for (int patch = 0; patch < side * side; ++patch) {
    for (int pair = 0; pair < table.pairs; ++pair) {
      const bool by_column = (pair < pairs_each) == grid.columns_first;
      const int place = grid.origin + (by_column ? patch % side : patch / side);
      const double position = static_cast<double>(place) * grid.counted_side / side;
      const double exponent = static_cast<double>(pair % pairs_each) / pairs_each;
      const double angle = position * std::pow(kBase, -exponent);
      table.cosines.push_back(static_cast<float>(std::cos(angle)));
      table.sines.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  return table;
}

}  // namespace diptych::network
