#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Applies rotary position embedding: in row i every pair (a, b) of neighbouring columns becomes (a
/// cos - b sin, b cos + a sin), with the angles of row positions[i]. `cosines` and `sines` are
/// [rows, pairs], dense; every 2 * pairs columns of x, a head, use them again. `out` may be `x`.
void rotate_pairs(ConstMatrixView x, const float* cosines, const float* sines, int pairs,
                  std::span<const std::int32_t> positions, MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
