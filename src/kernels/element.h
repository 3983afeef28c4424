#pragma once

namespace diptych::kernels {

/// What a number of a product's operands is stored as. bf16 is float32's upper half; int8 is a
/// whole number in [-127, 127] times a scale that its row shares; parts are two bf16, a number
/// rounded and the rest rounded, whose sum is off by 2^-16 of the number at most.
enum class Element { fp32, bf16, int8, parts };

/// How a layer's weights are kept, and what its product multiplies. Sums, biases and results are
/// float32 (of int8 exact whole numbers before) whatever the format.
struct Format {
  Element stored = Element::fp32;
  /// Not wider than what is stored needs it to be: int8 weights may be multiplied as bf16 or int8.
  /// Of fp32 and parts, either. Where the processor has no unit for it (kernels/unit.h), fp32 takes
  /// its place.
  Element multiplied = Element::fp32;

  bool operator==(const Format&) const = default;
};

/// Returns how many numbers a word holds; of parts, a word of numbers rounded or one of rests.
constexpr int elements_per_word(Element element) {
  return element == Element::fp32 ? 1 : element == Element::int8 ? 4 : 2;
}

/// Returns how many of the words of 32 bits that operands are read in hold `count` numbers. Those
/// of reduced precision are filled up with zeros to whole cache lines. Parts: first all numbers
/// rounded, then all rests.
constexpr int words_for(int count, Element element) {
  if (element == Element::fp32) return count;
  if (element == Element::parts) return 2 * words_for(count, Element::bf16);
  constexpr int kLine = 16;
  const int line = kLine * elements_per_word(element);
  return (count + line - 1) / line * kLine;
}

}  // namespace diptych::kernels
