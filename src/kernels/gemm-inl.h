// The register-tiled inner loops of matrix products; included once for every instruction set.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <utility>

#include "kernels/ahead.h"
#include "kernels/matrix.h"

#if defined(DIPTYCH_KERNELS_GEMM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_KERNELS_GEMM_INL_H
#undef DIPTYCH_KERNELS_GEMM_INL_H
#else
#define DIPTYCH_KERNELS_GEMM_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// c [rows, kPanelWidth] = a [rows, depth] * b [depth, kPanelWidth] (+ c) (+ bias) (+ residual).
struct PanelProduct {
  const float* a;
  std::size_t a_stride;
  const float* b;
  int depth;
  float* c;
  std::size_t c_stride;
  bool accumulate = false;          ///< c holds a part of the sum already
  const float* bias = nullptr;      ///< [kPanelWidth] or null
  const float* residual = nullptr;  ///< [rows, kPanelWidth] or null
  std::size_t residual_stride = 0;
  Ahead ahead = {};
};

using PanelTag = hn::CappedTag<float, 16>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(PanelTag()));
/// Two vectors for each row of a tile and as many rows as leave registers for b and a: 24 of 32
/// registers hold sums, or 12 of 16. That is enough independent sums to hide the latency of a
/// multiply-add.
constexpr int kMaxTileRows = HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON ? 12 : 6;

/// How far ahead of its use b is asked for, in floats: eight of its rows.
constexpr std::ptrdiff_t kPrefetchDistance = std::ptrdiff_t{8} * kPanelWidth;

/// Computes `kRows` rows of a product, starting at `row`. Each sum starts at zero and takes its
/// terms in the order of depth, so it does not depend on how rows are grouped into tiles.
template <int kRows>
HWY_NOINLINE void multiply_tile(const PanelProduct& product, int row, const Ahead& ahead) {
  const PanelTag d;
  using V = hn::Vec<PanelTag>;
  const std::size_t a_stride = product.a_stride;
  const float* const a = product.a + static_cast<std::size_t>(row) * a_stride;
  for (int column = 0; column < kPanelWidth; column += 2 * kLanes) {
    V sums[kRows][2];
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      sums[r][0] = hn::Zero(d);
      sums[r][1] = hn::Zero(d);
    }
    const float* b = product.b + column;
    for (int k = 0; k < product.depth; ++k) {
      ahead.ask(k);
      hwy::Prefetch(b + kPrefetchDistance);
      if constexpr (kLanes == 16) hwy::Prefetch(b + kPrefetchDistance + kLanes);
      const V b0 = hn::Load(d, b);
      const V b1 = hn::Load(d, b + kLanes);
      b += kPanelWidth;
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) {
        const V x =
            hn::Set(d, a[static_cast<std::size_t>(r) * a_stride + static_cast<std::size_t>(k)]);
        sums[r][0] = hn::MulAdd(x, b0, sums[r][0]);
        sums[r][1] = hn::MulAdd(x, b1, sums[r][1]);
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const std::size_t i = static_cast<std::size_t>(row) + static_cast<std::size_t>(r);
      for (int v = 0; v < 2; ++v) {
        const int at = column + v * kLanes;
        float* c = product.c + i * product.c_stride + at;
        V sum = sums[r][v];
        if (product.accumulate) sum = hn::Add(hn::LoadU(d, c), sum);
        if (product.bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, product.bias + at));
        if (product.residual != nullptr)
          sum = hn::Add(sum, hn::LoadU(d, product.residual + i * product.residual_stride + at));
        hn::StoreU(sum, d, c);
      }
    }
  }
}

template <int... kRows>
constexpr auto tile_functions(std::integer_sequence<int, kRows...> /*rows*/) {
  return std::array{&multiply_tile<kRows + 1>...};
}

/// Computes all `rows` of a product, in tiles as equal as can be: a remainder of one or two rows
/// alone would leave the processor waiting for its own sums.
HWY_INLINE void multiply_panel(const PanelProduct& product, int rows) {
  constexpr auto kTiles = tile_functions(std::make_integer_sequence<int, kMaxTileRows>());
  const int tiles = (rows + kMaxTileRows - 1) / kMaxTileRows;
  for (int tile = 0, row = 0; tile < tiles; ++tile) {
    const int tile_rows = (rows - row) / (tiles - tile);
    kTiles[static_cast<std::size_t>(tile_rows) - 1](product, row, product.ahead.part(tile, tiles));
    row += tile_rows;
  }
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
