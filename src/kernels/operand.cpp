#include "kernels/operand.h"

#include <algorithm>

#include "kernels/aligned_buffer.h"
#include "kernels/row_blocks.h"
#include "tensor/dtype.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/operand.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "kernels/bf16-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void bf16_row(const float* x, int width, std::uint16_t* out) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + lanes <= width; i += lanes) store_bf16(d, hn::LoadU(d, x + i), out + i);
  for (; i < width; ++i) out[i] = float_to_bfloat16(x[i]);
}

/// As whole numbers, so that NaN is larger than infinity and that larger than all others.
float largest_magnitude(const float* x, int width) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::CappedTag<std::int32_t, 1> one;
  const auto* bits = reinterpret_cast<const std::int32_t*>(x);
  const int lanes = static_cast<int>(hn::Lanes(d));
  auto largest = hn::Zero(d);
  int i = 0;
  for (; i + lanes <= width; i += lanes)
    largest = hn::Max(largest, hn::And(hn::LoadU(d, bits + i), hn::Set(d, 0x7FFFFFFF)));
  auto rest = hn::Zero(one);
  for (; i < width; ++i)
    rest = hn::Max(rest, hn::And(hn::LoadU(one, bits + i), hn::Set(one, 0x7FFFFFFF)));
  const std::int32_t all = std::max(hn::GetLane(hn::MaxOfLanes(d, largest)), hn::GetLane(rest));
  return hn::GetLane(hn::BitCast(hn::Rebind<float, decltype(one)>(), hn::Set(one, all)));
}

template <class D>
HWY_INLINE void store_int8(D d, const float* x, float factor, std::uint8_t* out) {
  const hn::Rebind<std::int32_t, D> whole_tag;
  const hn::Rebind<std::uint8_t, D> byte_tag;
  const auto whole = hn::NearestInt(hn::Mul(hn::LoadU(d, x), hn::Set(d, factor)));
  hn::StoreU(hn::DemoteTo(byte_tag, hn::Add(whole, hn::Set(whole_tag, 128))), byte_tag, out);
}

/// Returns the scale.
float int8_row(const float* x, int width, std::uint8_t* out) {
  constexpr float kLargest = 127.0F;
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const float largest = largest_magnitude(x, width);
  // Below this its inverse is no number any more, and the row as good as zero.
  const float factor = largest > 1e-30F ? kLargest / largest : 0.0F;
  int i = 0;
  for (; i + lanes <= width; i += lanes) store_int8(d, x + i, factor, out + i);
  for (; i < width; ++i) store_int8(one, x + i, factor, out + i);
  return largest / kLargest;
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(bf16_row);
HWY_EXPORT(int8_row);

/// This thread's memory, at least `size` words; it grows and stays.
AlignedBuffer& scratch(std::size_t size) {
  thread_local AlignedBuffer buffer;
  if (buffer.size() < size) buffer = AlignedBuffer(size);
  return buffer;
}

}  // namespace

Operand make_operand(ConstMatrixView x, Element element, ThreadPool& pool) {
  // An odd number of cache lines, as activations have (engine/tensor.cpp).
  constexpr int kLine = 16;
  const int words = words_for(x.width, element);
  const std::size_t stride = static_cast<std::size_t>(words) + (words / kLine % 2 == 0 ? kLine : 0);
  const std::size_t size = static_cast<std::size_t>(x.rows) * stride;
  const AlignedBuffer& buffer = scratch(size + static_cast<std::size_t>(x.rows));
  const bool whole = element == Element::int8;
  float* scales = buffer.data() + size;
  std::uint32_t* out = buffer.words();
  for_each_row(x.rows, x.width, pool, [&](int row) {
    std::uint32_t* to = out + static_cast<std::size_t>(row) * stride;
    // The last words may be part of a number's and part of the filling.
    const int used = x.width / elements_per_word(element);
    std::fill(to + used, to + words, 0U);
    if (whole) {
      scales[row] =
          DIPTYCH_DISPATCH(int8_row)(x.row(row), x.width, reinterpret_cast<std::uint8_t*>(to));
    } else {
      DIPTYCH_DISPATCH(bf16_row)(x.row(row), x.width, reinterpret_cast<std::uint16_t*>(to));
    }
  });
  return {out, stride, whole ? scales : nullptr};
}

}  // namespace diptych::kernels

#endif
