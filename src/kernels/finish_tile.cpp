#include "kernels/finish_tile.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/finish_tile.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/activation-inl.h"
#include "kernels/bf16-inl.h"
// clang-format on

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
void finish_into(const GemmBlock& block, const float* row_scales, const TileSums<Sum>& tile,
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
  if (block.rounded.data != nullptr) return finish_into(block, row_scales, tile, block.rounded);
  finish_into(block, row_scales, tile, block.out);
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

}  // namespace

template <>
FinishTile<float> finish_tile() {
  return DIPTYCH_DISPATCH(finish_floats);
}

template <>
FinishTile<std::int32_t> finish_tile() {
  return DIPTYCH_DISPATCH(finish_whole);
}

}  // namespace diptych::kernels

#endif
