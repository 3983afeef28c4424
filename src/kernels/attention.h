#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Packed sequences: number i owns rows [offsets[i], offsets[i + 1]).
using Offsets = std::span<const std::int32_t>;

/// Multi-head attention, sequence by sequence: for each head, softmax(q k^T / sqrt(head width)) v
/// on its own columns. All four matrices have the same width, a multiple of `heads`; queries and
/// keys may have different lengths. With `causal` a query sees the keys up to its own place, of
/// which there may be fewer than queries. `out` overlaps no input.
///
/// A sequence's result depends on that sequence alone, to the bit.
void attention(ConstMatrix query, ConstMatrix key, ConstMatrix value, int heads,
               Offsets query_offsets, Offsets key_offsets, bool causal, Matrix out,
               ThreadPool& pool);

}  // namespace diptych::kernels
