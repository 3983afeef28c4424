#include "kernels/packed_linear.h"

#include <algorithm>
#include <array>
#include <bit>

#include "tensor/dtype.h"
#include "tensor/int8.h"

namespace diptych::kernels {
namespace {

/// Up to kPanelWidth rows of W and how each is rounded to int8.
struct PanelRows {
  const float* weights;
  int rows;
  int inputs;
  std::array<Int8Row, kPanelWidth> rounding;
};

template <Element kElement>
std::uint32_t bits_of(float value, const Int8Row& rounding) {
  if constexpr (kElement == Element::fp32) return std::bit_cast<std::uint32_t>(value);
  if constexpr (kElement == Element::bf16) return float_to_bfloat16(value);
  return static_cast<std::uint8_t>(rounding.round(value));
}

/// The inputs that a word holds, zeros where there are no more.
template <Element kElement>
std::uint32_t word_of(const float* row, int first, int inputs, const Int8Row& rounding) {
  constexpr int kPerWord = elements_per_word(kElement);
  std::uint32_t word = 0;
  for (int i = 0; i < kPerWord && first + i < inputs; ++i)
    word |= bits_of<kElement>(row[first + i], rounding) << (32 / kPerWord * i);
  return word;
}

template <Element kElement>
void write_panel(const PanelRows& panel, int words, std::uint32_t* out) {
  // A few rows at a time: their cache lines must stay in the first-level cache, where rows whose
  // length is a power of two compete for the same places.
  constexpr int kRowsAtOnce = 4;
  static_assert(kPanelWidth % kRowsAtOnce == 0);
  for (int first = 0; first < kPanelWidth; first += kRowsAtOnce) {
    for (int word = 0; word < words; ++word) {
      for (int i = first; i < first + kRowsAtOnce; ++i) {
        const float* row = panel.weights + static_cast<std::size_t>(i) * panel.inputs;
        out[word * kPanelWidth + i] =
            i < panel.rows ? word_of<kElement>(row, word * elements_per_word(kElement),
                                               panel.inputs, panel.rounding[i])
                           : 0;
      }
    }
  }
}

std::int32_t sum_of_int8(const std::uint32_t* words, int count) {
  std::int32_t sum = 0;
  for (int word = 0; word < count; ++word) {
    for (int i = 0; i < 4; ++i)
      sum += static_cast<std::int8_t>(words[word * kPanelWidth] >> (8 * i) & 0xFFU);
  }
  return sum;
}

}  // namespace

PackedLinear::PackedLinear(int inputs, int outputs, Format format)
    : inputs_(inputs),
      outputs_(outputs),
      format_(format),
      weights_(static_cast<std::size_t>(padded_width(outputs)) *
               static_cast<std::size_t>(words_for(inputs, format.stored))),
      bias_(static_cast<std::size_t>(padded_width(outputs))) {
  std::fill_n(bias_.data(), bias_.size(), 0.0F);
  if (format_.stored != Element::int8) return;
  scales_ = AlignedBuffer(bias_.size());
  sums_ = AlignedBuffer(bias_.size());
}

PackedLinear::PackedLinear(int inputs, int outputs, const std::uint32_t* panels)
    : inputs_(inputs),
      outputs_(outputs),
      elsewhere_(panels),
      bias_(static_cast<std::size_t>(padded_width(outputs))) {
  std::fill_n(bias_.data(), bias_.size(), 0.0F);
}

void PackedLinear::set_panel(int panel, const float* weights) {
  std::uint32_t* out = weights_.words() + panel_offset(panel, words());
  PanelRows rows{.weights = weights,
                 .rows = std::min(kPanelWidth, outputs_ - panel * kPanelWidth),
                 .inputs = inputs_,
                 .rounding = {}};
  if (format_.stored == Element::fp32) return write_panel<Element::fp32>(rows, words(), out);
  if (format_.stored == Element::bf16) return write_panel<Element::bf16>(rows, words(), out);
  float* scales = scales_.data() + panel_offset(panel, 1);
  for (int i = 0; i < rows.rows; ++i) {
    const float* row = weights + static_cast<std::size_t>(i) * inputs_;
    rows.rounding[i] = int8_row({row, static_cast<std::size_t>(inputs_)});
  }
  for (int i = 0; i < kPanelWidth; ++i) scales[i] = rows.rounding[i].scale;
  write_panel<Element::int8>(rows, words(), out);
  for (int i = 0; i < kPanelWidth; ++i)
    sums_.words()[panel_offset(panel, 1) + static_cast<std::size_t>(i)] =
        static_cast<std::uint32_t>(sum_of_int8(out + i, words()));
}

}  // namespace diptych::kernels
