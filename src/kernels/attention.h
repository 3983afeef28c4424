#pragma once

#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// Packed sequences: number i owns rows [offsets[i], offsets[i + 1]).
using Offsets = std::span<const std::int32_t>;

/// Which rows of keys and values the queries of each sequence see.
struct AttentionPattern {
  Offsets queries;  ///< of the rows of queries
  Offsets keys;     ///< as many, of `key_rows`, or of the rows as they lie
  /// The keys of all sequences, one sequence after the other; empty: they lie so.
  std::span<const std::int32_t> key_rows;
  /// A query sees the keys up to its own place. The queries are the last of the keys, or, where
  /// there are more queries than keys, the first queries are the keys.
  bool causal = false;
  /// What is added to the scores of each key, after scaling, as many as `keys` counts; not with a
  /// causal mask. Empty: nothing.
  std::span<const float> key_bias = {};
};

/// Computes multi-head attention, sequence by sequence: for each head, softmax(q k^T / sqrt(head
/// width)) v on its own columns. All four matrices have the same width, a multiple of `heads`.
/// `out` overlaps no input.
///
/// A query's result depends on itself and the keys that it sees alone, to the bit.
void attention(ConstMatrixView query, ConstMatrixView key, ConstMatrixView value, int heads,
               const AttentionPattern& pattern, MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
