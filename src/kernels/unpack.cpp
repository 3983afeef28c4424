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

/// To the nearest even, as float_to_bfloat16 rounds.
HWY_INLINE Floats as_bf16(Floats x) {
  const BitsTag d;
  const auto bits = hn::BitCast(d, x);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7FFF)));
  return hn::BitCast(FloatTag(), hn::And(rounded, hn::Set(d, 0xFFFF0000)));
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

/// `rests` follow the words of the numbers rounded, somewhere.
void parts_to_floats(const std::int32_t* words, const std::int32_t* rests, int count, float* out) {
  const FloatTag d;
  for (int word = 0; word < count; ++word, out += 2 * kPanelWidth) {
    for (int i = 0; i < kPanelWidth; i += kWordLanes) {
      const Words w = hn::Load(WordTag(), words + word * kPanelWidth + i);
      const Words rest = hn::Load(WordTag(), rests + word * kPanelWidth + i);
      hn::Store(hn::Add(lower_bf16_as_float(w), lower_bf16_as_float(rest)), d, out + i);
      hn::Store(hn::Add(upper_bf16_as_float(w), upper_bf16_as_float(rest)), d,
                out + kPanelWidth + i);
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

/// One line of a panel's parts from two lines of float32, `odd` null where there is none.
HWY_INLINE void floats_to_parts_line(const float* even, const float* odd, std::int32_t* rounded,
                                     std::int32_t* rests) {
  const FloatTag d;
  for (int i = 0; i < kPanelWidth; i += kWordLanes) {
    const Floats lower = hn::Load(d, even + i);
    const Floats upper = odd == nullptr ? hn::Zero(d) : hn::Load(d, odd + i);
    const Floats lower_rounded = as_bf16(lower);
    const Floats upper_rounded = as_bf16(upper);
    hn::Store(bf16_words(lower_rounded, upper_rounded), WordTag(), rounded + i);
    hn::Store(
        bf16_words(as_bf16(hn::Sub(lower, lower_rounded)), as_bf16(hn::Sub(upper, upper_rounded))),
        WordTag(), rests + i);
  }
}

void floats_to_parts(const float* panel, int inputs, int words, std::int32_t* out) {
  std::int32_t* rests = out + panel_offset(1, words);
  for (int word = 0; word < words; ++word) {
    std::int32_t* to = out + panel_offset(1, word);
    std::int32_t* rest = rests + panel_offset(1, word);
    const float* line = panel + panel_offset(1, 2 * word);
    if (2 * word < inputs) {
      floats_to_parts_line(line, 2 * word + 1 < inputs ? line + kPanelWidth : nullptr, to, rest);
    } else {
      std::fill_n(to, kPanelWidth, 0);
      std::fill_n(rest, kPanelWidth, 0);
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
HWY_EXPORT(parts_to_floats);
HWY_EXPORT(floats_to_parts);

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
  if (layer.format().stored == Element::parts) {
    return DIPTYCH_DISPATCH(parts_to_floats)(words, words + panel_offset(1, layer.words() / 2),
                                             word_count, out);
  }
  DIPTYCH_DISPATCH(int8_to_floats)
  (words, word_count, layer.scales() + panel_offset(panel, 1), out);
}

void unpack_bf16(const PackedLinear& layer, int panel, std::uint32_t* out) {
  // The filling of int8 reaches further than that of bf16.
  const int count = words_for(layer.inputs(), Element::bf16) / 2;
  DIPTYCH_DISPATCH(int8_to_bf16)
  (signed_words(layer, panel), count, reinterpret_cast<std::int32_t*>(out));
}

void unpack_parts(const PackedLinear& layer, int panel, std::uint32_t* out) {
  DIPTYCH_DISPATCH(floats_to_parts)
  (reinterpret_cast<const float*>(layer.panel(panel)), layer.inputs(),
   words_for(layer.inputs(), Element::bf16), reinterpret_cast<std::int32_t*>(out));
}

}  // namespace diptych::kernels

#endif
