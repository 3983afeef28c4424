#pragma once

namespace diptych::kernels {

/// What a number of a product's operands is stored as. bf16 is float32's upper half; int8 is a
/// whole number in [-127, 127] times a scale that its row shares.
enum class Element { fp32, bf16, int8 };

/// How a layer's weights are kept, and what its product multiplies. Sums, biases and results are
/// float32 (of int8 exact whole numbers before) whatever the format.
struct Format {
  Element stored = Element::fp32;
  /// Not wider than what is stored needs it to be: int8 weights may be multiplied as bf16 or int8.
  /// Where the processor has no unit for it (kernels/unit.h), fp32 takes its place.
  Element multiplied = Element::fp32;

  bool operator==(const Format&) const = default;
};

constexpr int elements_per_word(Element element) {
  return element == Element::fp32 ? 1 : element == Element::bf16 ? 2 : 4;
}

/// Returns how many of the words of 32 bits that operands are read in hold `count` numbers. Those
/// of reduced precision are filled up with zeros to whole cache lines.
constexpr int words_for(int count, Element element) {
  if (element == Element::fp32) return count;
  constexpr int kLine = 16;
  const int line = kLine * elements_per_word(element);
  return (count + line - 1) / line * kLine;
}

}  // namespace diptych::kernels
