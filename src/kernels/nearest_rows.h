#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// What nearest_rows finds, an entry for every row at an even place of its sequence.
struct NearestRows {
  std::span<std::int32_t> rows;  ///< counted within the sequence
  std::span<float> cosines;
};

/// Finds for every row at an even place of its sequence, 0, 2, ..., the one at an odd place that is
/// most like it, by the cosine of their means over `heads`; the first of equals. Sequence i owns
/// rows [sequences[i], sequences[i + 1]) of `x`, whose width is a multiple of `heads`. Where no
/// cosine is a number, as of a row of zeros, or there is no row at an odd place: row 0 and -2,
/// below every cosine.
void nearest_rows(ConstMatrixView x, int heads, std::span<const std::int32_t> sequences,
                  const NearestRows& nearest, ThreadPool& pool);

}  // namespace diptych::kernels
