// Products of bf16 and int8: a unit's sums of a tile at a time, finished in float32.
#include <algorithm>

#include "base/error.h"
#include "kernels/amx.h"
#include "kernels/dot_product.h"
#include "kernels/gemm_block.h"
#include "kernels/unpack.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reduced_gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/activation-inl.h"
#include "kernels/bf16-inl.h"
// clang-format on

#ifndef DIPTYCH_KERNELS_REDUCED_GEMM_CPP
#define DIPTYCH_KERNELS_REDUCED_GEMM_CPP

namespace diptych::kernels {

/// A tile's sums [rows, kPanelWidth], of float or std::int32_t, and where they go.
template <typename Sum>
struct TileSums {
  const Sum* sums;
  int first_row;
  int rows;
  int panel;
};

}  // namespace diptych::kernels

#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using OutTag = hn::CappedTag<float, 16>;
using WholeTag = hn::Rebind<std::int32_t, OutTag>;
constexpr int kOutLanes = static_cast<int>(hn::MaxLanes(OutTag()));

/// What a column of a tile's sums goes through: (sum - offset) * scale + bias.
struct ColumnTerms {
  const float* scales;  ///< null: one
  const float* bias;
  const std::int32_t* weight_sums;
};

HWY_INLINE hn::Vec<OutTag> dequantised(const float* sums, const ColumnTerms& terms,
                                       float /*row_scale*/, int at) {
  const OutTag d;
  const auto values = hn::LoadU(d, sums + at);
  return terms.scales == nullptr ? values : hn::Mul(values, hn::LoadU(d, terms.scales + at));
}

/// The left side was stored plus 128: 128 times the weights' sum is too much, exactly.
HWY_INLINE hn::Vec<OutTag> dequantised(const std::int32_t* sums, const ColumnTerms& terms,
                                       float row_scale, int at) {
  const OutTag d;
  const WholeTag whole;
  const auto offset = hn::ShiftLeft<7>(hn::LoadU(whole, terms.weight_sums + at));
  const auto values = hn::ConvertTo(d, hn::Sub(hn::LoadU(whole, sums + at), offset));
  return hn::Mul(values, hn::Mul(hn::Set(d, row_scale), hn::LoadU(d, terms.scales + at)));
}

HWY_INLINE void store_result(hn::Vec<OutTag> values, float* out) {
  hn::StoreU(values, OutTag(), out);
}
HWY_INLINE void store_result(hn::Vec<OutTag> values, std::uint16_t* out) {
  store_bf16(OutTag(), values, out);
}

template <Activation kActivation, typename Sum, typename Result>
HWY_INLINE void finish_row(const Sum* sums, const ColumnTerms& terms, float row_scale,
                           const float* residual, Result* out) {
  const OutTag d;
  for (int at = 0; at < kPanelWidth; at += kOutLanes) {
    auto value = hn::Add(dequantised(sums, terms, row_scale, at), hn::LoadU(d, terms.bias + at));
    if (residual != nullptr) value = hn::Add(value, hn::LoadU(d, residual + at));
    store_result(activate_vector<kActivation>(d, value), out + at);
  }
}

/// `results`: the block's, of float32 or bf16.
template <typename Sum, typename Result>
void finish_tile(const GemmBlock& block, const float* row_scales, const TileSums<Sum>& tile,
                 const BasicMatrixView<Result>& results) {
  const PackedLinear& layer = *block.layer;
  const int column = tile.panel * kPanelWidth;
  const ColumnTerms terms{.scales = layer.scales() == nullptr ? nullptr : layer.scales() + column,
                          .bias = layer.bias() + column,
                          .weight_sums = layer.sums() == nullptr ? nullptr : layer.sums() + column};
  with_activation(block.activation, [&](auto activation) {
    for (int i = 0; i < tile.rows; ++i) {
      const int row = tile.first_row + i;
      finish_row<activation()>(
          tile.sums + i * kPanelWidth, terms, row_scales == nullptr ? 1.0F : row_scales[row],
          block.residual == nullptr ? nullptr : block.residual->row(row) + column,
          results.row(row) + column);
    }
  });
}

template <typename Sum>
void finish(const GemmBlock& block, const float* row_scales, const TileSums<Sum>& tile) {
  if (block.rounded.data != nullptr) return finish_tile(block, row_scales, tile, block.rounded);
  finish_tile(block, row_scales, tile, block.out);
}

void finish_floats(const GemmBlock& block, const float* row_scales, const TileSums<float>& tile) {
  finish(block, row_scales, tile);
}

void finish_whole(const GemmBlock& block, const float* row_scales,
                  const TileSums<std::int32_t>& tile) {
  finish(block, row_scales, tile);
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(finish_floats);
HWY_EXPORT(finish_whole);

/// A panel's words as the unit multiplies them, unpacked into this thread's memory if need be.
const std::uint32_t* multiplied_words(const PackedLinear& layer, int panel) {
  if (layer.format().stored == layer.format().multiplied) return layer.panel(panel);
  thread_local AlignedBuffer unpacked;
  const auto size = panel_offset(1, words_for(layer.inputs(), Element::bf16));
  if (unpacked.size() < size) unpacked = AlignedBuffer(size);
  unpack_bf16(layer, panel, unpacked.words());
  return unpacked.words();
}

/// The finishing kernel of sums of one kind.
auto finish_of(const float* /*sums*/) {
  return DIPTYCH_DISPATCH(finish_floats);
}
auto finish_of(const std::int32_t* /*sums*/) {
  return DIPTYCH_DISPATCH(finish_whole);
}

/// Rows of sums that are in memory at a time: those of the largest tile.
constexpr int kSumRows = std::max(kDotRows, 2 * kTileRows);

/// Computes a block panel by panel. `for_each_tile(body)` calls body(first row, rows) for all tiles
/// of its rows; `dot(product, rows, sums)` computes the sums of one.
template <typename Sum, typename ForEachTile, typename Dot>
void multiply_panels(const GemmBlock& block, const Operand& operand,
                     const ForEachTile& for_each_tile, const Dot& dot) {
  alignas(64) Sum sums[kSumRows * kPanelWidth];
  const auto finish = finish_of(sums);
  const int words = words_for(block.layer->inputs(), block.layer->format().multiplied);
  for (int panel = block.first_panel; panel < block.last_panel; ++panel) {
    const std::uint32_t* b = multiplied_words(*block.layer, panel);
    for_each_tile([&](int row, int count) {
      dot({operand.row(row), operand.stride, b, words}, count, sums);
      finish(block, operand.scales, {sums, row, count, panel});
    });
  }
}

/// In tiles as equal as can be. `dot` is as above.
template <typename Sum, typename Dot>
void multiply_vectors(const GemmBlock& block, const Operand& operand, const Dot& dot) {
  const auto for_each_tile = [&](const auto& body) {
    const int tiles = (block.rows() + kDotRows - 1) / kDotRows;
    for (int tile = 0, row = block.first_row; tile < tiles; ++tile) {
      const int count = (block.last_row - row) / (tiles - tile);
      body(row, count);
      row += count;
    }
  };
  multiply_panels<Sum>(block, operand, for_each_tile, dot);
}

/// `dot(product, tiles, sums)` computes the sums of a pair of AMX's tiles.
template <typename Sum, typename Dot>
void multiply_tiles(const GemmBlock& block, const Operand& operand, const Dot& dot) {
  const TileRows tiles(block.rows());
  const TileState state(tiles.height());
  const auto for_each_pair = [&](const auto& body) {
    for (int pair = 0; pair < tiles.pairs(); ++pair)
      body(block.first_row + tiles.first(pair), tiles.pair_rows());
  };
  multiply_panels<Sum>(
      block, operand, for_each_pair,
      [&](const DotProduct& product, int /*rows*/, Sum* sums) { dot(product, tiles, sums); });
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

#endif
