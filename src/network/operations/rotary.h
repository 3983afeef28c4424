#pragma once

#include <vector>

namespace diptych::network {

/// Rotary position embedding (arXiv 2104.09864) of the rows of a picture: the angles by which the
/// pairs of neighbouring columns of every head are turned. Made from the config, never read from a
/// file.
struct RotaryTable {
  /// How the patches of a square grid are counted.
  struct Grid {
    int side;                    ///< patches
    int counted_side;            ///< positions over which the side is stretched
    int origin = 0;              ///< position of the first row and column, before stretching
    bool columns_first = false;  ///< the first half of the pairs turns with the column
  };

  int rows = 0;
  int pairs = 0;               ///< half of a head's width
  std::vector<float> cosines;  ///< [rows, pairs]
  std::vector<float> sines;

  /// Makes EVA-02's table, in two dimensions (arXiv 2303.11331): half of the pairs turns with a
  /// patch's row, the other half with its column. Row 0, the class token's, is not turned; patches
  /// follow row by row.
  static RotaryTable of_grid(const Grid& grid, int head_width);
};

}  // namespace diptych::network
