// Rounding float32 to bfloat16; included once for every instruction set.
#include <hwy/highway.h>

#include <cstdint>

#if defined(DIPTYCH_KERNELS_BF16_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPTYCH_KERNELS_BF16_INL_H
#undef DIPTYCH_KERNELS_BF16_INL_H
#else
#define DIPTYCH_KERNELS_BF16_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Stores the nearest bfloat16, of two as near the even one. NaN stays NaN, which rounding might
/// carry over to zero.
template <class D>
HWY_INLINE void store_bf16(D /*d*/, hn::Vec<D> values, std::uint16_t* to) {
  const hn::RebindToUnsigned<D> tag;
  const hn::Rebind<std::uint16_t, D> halves;
  const auto bits = hn::BitCast(tag, values);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(tag, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(tag, 0x7FFF)));
  const auto kept =
      hn::IfThenElse(hn::RebindMask(tag, hn::IsNaN(values)), hn::Set(tag, 0x7FC00000), rounded);
  hn::StoreU(hn::TruncateTo(halves, hn::ShiftRight<16>(kept)), halves, to);
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
