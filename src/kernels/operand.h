#pragma once

#include <cstdint>

#include "base/parallel.h"
#include "kernels/element.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// The rows of a product's left side as words of bf16 or int8 (kernels/element.h). int8 has a scale
/// for each row, its largest magnitude / 127, and is stored plus 128 and without a sign, as
/// vpdpbusd takes it. A row that is not finite has a scale that is not.
struct Operand {
  const std::uint32_t* words = nullptr;
  std::size_t stride = 0;         ///< between rows, in words
  const float* scales = nullptr;  ///< one a row of int8, else null

  const std::uint32_t* row(int i) const { return words + static_cast<std::size_t>(i) * stride; }
};

/// Rounds every row to the nearest even, in memory of the calling thread that its next call uses
/// again. `element` is not fp32.
Operand make_operand(ConstMatrixView x, Element element, ThreadPool& pool);

}  // namespace diptych::kernels
