// Products of bf16 and int8: a unit's sums of a tile at a time, finished in float32.
#include <algorithm>

#include "base/error.h"
#include "kernels/amx.h"
#include "kernels/dot_product.h"
#include "kernels/finish_tile.h"
#include "kernels/gemm_block.h"
#include "kernels/unpack.h"

namespace diptych::kernels {
namespace {

/// Work on `count` things that is done in several steps, so many in each until all are done.
class Shared {
 public:
  Shared(int count, int steps) : count_(count), per_step_((count + steps - 1) / steps) {}
  int first(int step) const { return std::min(step * per_step_, count_); }
  int last(int step) const { return first(step + 1); }

 private:
  int count_;
  int per_step_;
};

/// A block's panels as its unit multiplies them: as they lie, or unpacked into this thread's
/// memory. While one is multiplied, the next is made ready part by part: unpacked, or asked for.
class Panels {
 public:
  /// A panel is made ready in this many steps.
  Panels(const GemmBlock& block, int steps)
      : block_(block),
        unpacks_(block.layer->format().stored != block.layer->format().multiplied),
        // The filling of int8 reaches further than that of bf16.
        stored_words_(unpacks_ ? words_for(block.layer->inputs(), Element::bf16) / 2
                               : block.layer->words()),
        share_(stored_words_, steps) {
    if (!unpacks_) return;
    thread_local AlignedBuffer memory;
    const std::size_t size = 2 * panel_offset(2, stored_words_);
    if (memory.size() < size) memory = AlignedBuffer(size);
    unpacked_ = memory.words();
    unpack(block.first_panel, 0, stored_words_);
  }

  /// Returns a panel that has been made ready.
  const std::uint32_t* words(int panel) const {
    return unpacks_ ? unpacked(panel) : block_.layer->panel(panel);
  }

  /// Does a step's part of unpacking the panel after `panel`, if the block has one.
  void unpack_next(int panel, int step) const {
    if (unpacks_ && panel + 1 < block_.last_panel)
      unpack(panel + 1, share_.first(step), share_.last(step));
  }
  /// Returns the panel after `panel`, if the block has one and it is not unpacked.
  Ahead ahead(int panel) const {
    if (unpacks_ || panel + 1 == block_.last_panel) return {};
    return {block_.layer->panel(panel + 1), stored_words_ * kLinesPerWord};
  }
  /// Asks for a step's part of that.
  void ask_for_next(int panel, int step) const {
    const Ahead next = ahead(panel);
    for (int line = share_.first(step) * kLinesPerWord; line < share_.last(step) * kLinesPerWord;
         ++line)
      next.ask(line);
  }

 private:
  /// Of one word of every output.
  static constexpr int kLinesPerWord = kPanelWidth * 4 / Ahead::kLineBytes;

  std::uint32_t* unpacked(int panel) const {
    return unpacked_ + (panel % 2 == 0 ? 0 : panel_offset(2, stored_words_));
  }

  void unpack(int panel, int first, int last) const {
    if (first == last) return;
    unpack_bf16(*block_.layer, panel, first, last - first,
                unpacked(panel) + panel_offset(2, first));
  }

  const GemmBlock& block_;
  bool unpacks_;
  int stored_words_;  ///< of one output, those that are multiplied
  Shared share_;
  std::uint32_t* unpacked_ = nullptr;  ///< two panels, which take turns
};

/// Computes a block panel by panel, in tiles as equal as can be. `dot(product, rows, sums)`
/// computes the sums of one.
template <typename Sum, typename Dot>
void multiply_vectors(const GemmBlock& block, const Operand& operand, const Dot& dot) {
  alignas(64) Sum sums[kDotRows * kPanelWidth];
  const FinishTile<Sum> finish = finish_tile<Sum>();
  const int words = words_for(block.layer->inputs(), block.layer->format().multiplied);
  const int tiles = (block.rows() + kDotRows - 1) / kDotRows;
  const Panels panels(block, tiles);
  for (int panel = block.first_panel; panel < block.last_panel; ++panel) {
    for (int tile = 0, row = block.first_row; tile < tiles; ++tile) {
      const int count = (block.last_row - row) / (tiles - tile);
      panels.unpack_next(panel, tile);
      dot({operand.row(row), operand.stride, panels.words(panel), words,
           panels.ahead(panel).part(tile, tiles)},
          count, sums);
      finish(block, operand.scales, {sums, row, count, panel});
      row += count;
    }
  }
}

/// What is done in the steps of a pair of tiles' product (WorkBeside).
template <typename Sum>
struct TileWork {
  const GemmBlock& block;
  const float* row_scales;
  FinishTile<Sum> finish;
  const Panels& panels;
  TileSums<Sum> before;  ///< to be finished; no rows: none
  TileSums<Sum> now;     ///< what is computed
  Shared rows;           ///< of a pair, among its steps
  int first_step;        ///< of the panel's
};

/// Asks for where a row's results will be written and its residual read: lines a row apart, which
/// the processor does not foresee.
void ask_for_row(const GemmBlock& block, int row, int panel) {
  constexpr int kLines = kPanelWidth * 4 / Ahead::kLineBytes;
  const int column = panel * kPanelWidth;
  if (block.rounded.data != nullptr) {
    ask_to_write(block.rounded.row(row) + column, kLines / 2);
  } else {
    ask_to_write(block.out.row(row) + column, kLines);
  }
  if (block.residual == nullptr) return;
  const float* residual = block.residual->row(row) + column;
  for (int line = 0; line < kLines; ++line)
    __builtin_prefetch(residual + line * kPanelWidth / kLines);
}

template <typename Sum>
void make_next_panel_ready(const TileWork<Sum>& work, int step) {
  work.panels.unpack_next(work.now.panel, work.first_step + step);
  work.panels.ask_for_next(work.now.panel, work.first_step + step);
}

template <typename Sum>
void make_next_ready(const void* context, int step) {
  const auto& work = *static_cast<const TileWork<Sum>*>(context);
  make_next_panel_ready(work, step);
  for (int row = work.rows.first(step); row < work.rows.last(step); ++row)
    ask_for_row(work.block, work.now.first_row + row, work.now.panel);
}

template <typename Sum>
void finish_before(const void* context, int step) {
  const auto& work = *static_cast<const TileWork<Sum>*>(context);
  make_next_panel_ready(work, step);
  const int first = work.rows.first(step);
  const int last = work.rows.last(step);
  if (work.before.rows == 0 || first == last) return;
  work.finish(work.block, work.row_scales,
              {.sums = work.before.sums + first * kPanelWidth,
               .first_row = work.before.first_row + first,
               .rows = last - first,
               .panel = work.before.panel});
}

/// The same in pairs of AMX's tiles. `dot(product, tiles, beside, sums)` computes the sums of a
/// pair. With an activation, a pair is finished in the steps of the next, which hides its
/// arithmetic. Without one there is little to hide, and to write between the tiles' reading holds
/// that up: measured, results are then better only asked for.
template <typename Sum, typename Dot>
void multiply_tiles(const GemmBlock& block, const Operand& operand, const Dot& dot) {
  const TileRows tiles(block.rows());
  const TileState state(tiles.height());
  alignas(64) Sum sums[2][2 * kTileRows * kPanelWidth];
  const FinishTile<Sum> finish = finish_tile<Sum>();
  const bool beside = block.activation != Activation::none;
  const int words = words_for(block.layer->inputs(), block.layer->format().multiplied);
  const int steps = steps_of(words);
  const Panels panels(block, tiles.pairs() * steps);
  TileSums<Sum> before;
  for (int panel = block.first_panel; panel < block.last_panel; ++panel) {
    for (int pair = 0; pair < tiles.pairs(); ++pair) {
      Sum* const to = before.sums == sums[0] ? sums[1] : sums[0];
      const int row = block.first_row + tiles.first(pair);
      const TileWork<Sum> work{.block = block,
                               .row_scales = operand.scales,
                               .finish = finish,
                               .panels = panels,
                               .before = before,
                               .now = {to, row, tiles.pair_rows(), panel},
                               .rows = Shared(tiles.pair_rows(), steps),
                               .first_step = pair * steps};
      dot({operand.row(row), operand.stride, panels.words(panel), words, {}}, tiles,
          WorkBeside{beside ? finish_before<Sum> : make_next_ready<Sum>, &work}, to);
      if (beside) {
        before = work.now;
      } else {
        finish(block, operand.scales, work.now);
      }
    }
  }
  if (beside) finish(block, operand.scales, before);
}

}  // namespace

void multiply_reduced_block(const GemmBlock& block, const Operand& operand, Unit unit) {
  switch (unit) {
    case Unit::avx512_bf16:
      return multiply_vectors<float>(block, operand, dot_bf16);
    case Unit::avx512_vnni:
      return multiply_vectors<std::int32_t>(block, operand, dot_int8);
    case Unit::amx_bf16:
      return multiply_tiles<float>(block, operand, amx_bf16);
    case Unit::amx_int8:
      return multiply_tiles<std::int32_t>(block, operand, amx_int8);
    case Unit::vector:
      break;
  }
  ensure(false, "gemm: a unit for reduced precision");
}

}  // namespace diptych::kernels
