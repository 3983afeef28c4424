#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/dot_product.h"
#include "kernels/unit.h"

namespace diptych::kernels {

/// Returns whether the processor has AMX for bf16 and int8, with AVX-512 beside it, and the system
/// lets this process use it (Linux gives the tiles' state only to those that ask). Asks once;
/// thread-safe.
bool has_amx();

/// Rows of a tile; a tile of sums is as wide, two of them are a panel.
constexpr int kTileRows = 16;

/// How a block's rows are shared among tiles of one height: the sums of two tiles a column of tiles
/// are in registers at a time. Where rows do not fill whole tiles, tiles overlap: what two compute,
/// they compute to the same bits.
class TileRows {
 public:
  explicit TileRows(int rows);

  int height() const { return height_; }
  int pairs() const { return pairs_; }
  /// Returns the first row of a pair, counted from the block's.
  int first(int pair) const;
  /// Returns the rows of a pair; of a block that one tile holds, those of the tile.
  int pair_rows() const { return std::min(2 * height_, rows_); }
  /// Returns where a pair's second tile begins, counted from the pair's first row.
  int second() const { return pair_rows() - height_; }
  /// Returns whether one tile holds all rows.
  bool single() const { return rows_ <= kTileRows; }

 private:
  int rows_;
  int pairs_;
  int height_;
};

/// The calling thread's tiles, shaped for products of rows in tiles of this height; given back in
/// the end, so that the system need not save them when it turns to another thread.
class TileState {
 public:
  explicit TileState(int height);
  ~TileState();
  TileState(const TileState&) = delete;
  TileState& operator=(const TileState&) = delete;
};

/// Words of a row that one step of a product on tiles takes, and the steps of a product.
constexpr int kStepWords = 16;
constexpr int steps_of(int words) {
  return words / kStepWords;
}

/// Work for the vector units and the memory while the tiles' unit, which needs neither much,
/// computes a product: it is called after each of the product's steps, with the step's number.
struct WorkBeside {
  void (*in_step)(const void* context, int step) = nullptr;  ///< null: none
  const void* context = nullptr;
};

/// Asks for cache lines that will be written, as many from `first` on; only where there is AMX.
void ask_to_write(const void* first, int lines);

/// Computes sums [tiles.pair_rows(), kPanelWidth] of a product (dot_product.h) on the tiles that a
/// TileState of this height has shaped. A sum of bf16 adds 32 inputs at a time: the even ones'
/// products and the odd ones', each in their order, then both to the sum; whatever the other rows.
void amx_bf16(const DotProduct& product, const TileRows& tiles, const WorkBeside& beside,
              float* sums);

/// Computes the same of int8, in `a` each plus 128 and without a sign. Exact.
void amx_int8(const DotProduct& product, const TileRows& tiles, const WorkBeside& beside,
              std::int32_t* sums);

/// Multiplies tiles that are in registers already, of numbers that are not zero, for some
/// milliseconds, and returns how many numbers were multiplied: what the unit does at best. Zeros
/// take less power and so less time. `unit` works on tiles.
std::int64_t multiply_in_registers(Unit unit);

}  // namespace diptych::kernels
