#include "kernels/unpack.h"

#include <algorithm>

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/unpack.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using WordTag = hn::CappedTag<std::int32_t, 16>;
using FloatTag = hn::Rebind<float, WordTag>;
using BitsTag = hn::RebindToUnsigned<WordTag>;
using Words = hn::Vec<WordTag>;
using Floats = hn::Vec<FloatTag>;
constexpr int kWordLanes = static_cast<int>(hn::MaxLanes(WordTag()));

/// Number `kNumber` of four in every word.
template <int kNumber>
HWY_INLINE Floats int8_as_float(Words words) {
  return hn::ConvertTo(FloatTag(), hn::ShiftRight<24>(hn::ShiftLeft<24 - 8 * kNumber>(words)));
}

HWY_INLINE Floats lower_bf16_as_float(Words words) {
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(words));
}

HWY_INLINE Floats upper_bf16_as_float(Words words) {
  return hn::BitCast(FloatTag(), hn::And(words, hn::Set(WordTag(), ~0xFFFF)));
}

/// Both have no digits below bf16's.
HWY_INLINE Words bf16_words(Floats lower, Floats upper) {
  const BitsTag d;
  return hn::BitCast(WordTag(),
                     hn::Or(hn::ShiftRight<16>(hn::BitCast(d, lower)), hn::BitCast(d, upper)));
}

void bf16_to_floats(const std::int32_t* words, int count, float* out) {
  const FloatTag d;
  for (int word = 0; word < count; ++word, words += kPanelWidth, out += 2 * kPanelWidth) {
    for (int i = 0; i < kPanelWidth; i += kWordLanes) {
      const Words w = hn::Load(WordTag(), words + i);
      hn::Store(lower_bf16_as_float(w), d, out + i);
      hn::Store(upper_bf16_as_float(w), d, out + kPanelWidth + i);
    }
  }
}

void int8_to_floats(const std::int32_t* words, int count, const float* scales, float* out) {
  const FloatTag d;
  for (int word = 0; word < count; ++word, words += kPanelWidth, out += 4 * kPanelWidth) {
    for (int i = 0; i < kPanelWidth; i += kWordLanes) {
      const Words w = hn::Load(WordTag(), words + i);
      const Floats scale = hn::Load(d, scales + i);
      hn::Store(hn::Mul(int8_as_float<0>(w), scale), d, out + i);
      hn::Store(hn::Mul(int8_as_float<1>(w), scale), d, out + kPanelWidth + i);
      hn::Store(hn::Mul(int8_as_float<2>(w), scale), d, out + 2 * kPanelWidth + i);
      hn::Store(hn::Mul(int8_as_float<3>(w), scale), d, out + 3 * kPanelWidth + i);
    }
  }
}

void int8_to_bf16(const std::int32_t* words, int count, std::int32_t* out) {
  const WordTag d;
  for (int word = 0; word < count; ++word, words += kPanelWidth, out += 2 * kPanelWidth) {
    for (int i = 0; i < kPanelWidth; i += kWordLanes) {
      const Words w = hn::Load(d, words + i);
      hn::Store(bf16_words(int8_as_float<0>(w), int8_as_float<1>(w)), d, out + i);
      hn::Store(bf16_words(int8_as_float<2>(w), int8_as_float<3>(w)), d, out + kPanelWidth + i);
    }
  }
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(bf16_to_floats);
HWY_EXPORT(int8_to_floats);
HWY_EXPORT(int8_to_bf16);

const std::int32_t* signed_words(const PackedLinear& layer, int panel) {
  return reinterpret_cast<const std::int32_t*>(layer.panel(panel));
}

}  // namespace

void unpack_floats(const PackedLinear& layer, int panel, int first, int count, float* out) {
  const int per_word = elements_per_word(layer.format().stored);
  const std::int32_t* words = signed_words(layer, panel) + panel_offset(1, first / per_word);
  const int word_count = (count + per_word - 1) / per_word;
  if (layer.format().stored == Element::bf16)
    return DIPTYCH_DISPATCH(bf16_to_floats)(words, word_count, out);
  DIPTYCH_DISPATCH(int8_to_floats)
  (words, word_count, layer.scales() + panel_offset(panel, 1), out);
}

void unpack_bf16(const PackedLinear& layer, int panel, int first, int count, std::uint32_t* out) {
  DIPTYCH_DISPATCH(int8_to_bf16)
  (signed_words(layer, panel) + panel_offset(1, first), count,
   reinterpret_cast<std::int32_t*>(out));
}

}  // namespace diptych::kernels

#endif
