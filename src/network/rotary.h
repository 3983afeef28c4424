#pragma once

#include <vector>

namespace diptych::network {

/// Rotary position embedding (arXiv 2104.09864) of the rows of a picture: the angles by which the
/// pairs of neighbouring columns of every head are turned. Made from the config, never read from a
/// file.
struct RotaryTable {
  int rows = 0;
  int pairs = 0;               ///< half of a head's width
  std::vector<float> cosines;  ///< [rows, pairs]
  std::vector<float> sines;

  /// EVA-02's, in two dimensions (arXiv 2303.11331): the first half of the pairs turns with a
  /// patch's row, the second with its column, both counted on a grid of `counted_grid` places a
  /// side. Row 0, the class token's, is not turned; patches follow row by row.
  static RotaryTable of_grid(int grid, int counted_grid, int head_width);
};

}  // namespace diptych::network
