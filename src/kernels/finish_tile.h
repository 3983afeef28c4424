#pragma once

#include <cstdint>

#include "kernels/gemm_block.h"

namespace diptych::kernels {

/// Sums [rows, kPanelWidth] of a product of bf16 (float) or int8 (std::int32_t), and where of a
/// block their results go.
template <typename Sum>
struct TileSums {
  const Sum* sums = nullptr;
  int first_row = 0;
  int rows = 0;
  int panel = 0;
};

/// Writes a tile's results: scales of weights and rows (`row_scales`: of int8, else null), bias,
/// residual and activation in float32, then rounding where the block's results are bf16.
template <typename Sum>
using FinishTile = void (*)(const GemmBlock& block, const float* row_scales,
                            const TileSums<Sum>& tile);

/// Returns the active instruction set's.
template <typename Sum>
FinishTile<Sum> finish_tile();
template <>
FinishTile<float> finish_tile();
template <>
FinishTile<std::int32_t> finish_tile();

}  // namespace diptych::kernels
