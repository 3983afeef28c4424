#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ahead.h"

namespace diptych::kernels {

/// sums [rows, kPanelWidth] = a [rows, words] * b [words, kPanelWidth] over words of 32 bits: a
/// word of `a` and one of `b` add the products of the two bf16, or four int8, that they hold. `b`
/// is aligned to cache lines.
struct DotProduct {
  const std::uint32_t* a;
  std::size_t a_stride;
  const std::uint32_t* b;
  int words;
  Ahead ahead = {};  ///< which AMX leaves to its caller
};

/// Rows that one call computes at most.
constexpr int kDotRows = 12;

/// Computes products of bf16. Every sum takes its terms in the order of words, whatever the other
/// rows.
void dot_bf16(const DotProduct& product, int rows, float* sums);

/// Computes products of int8, in `a` each plus 128 and without a sign. Exact.
void dot_int8(const DotProduct& product, int rows, std::int32_t* sums);

}  // namespace diptych::kernels
