#pragma once

#include <vector>

#include "network/blocks/residual_block.h"

namespace diptych::network {

/// Packed texts that end with a class token (CoCa, arXiv 2205.01917), and which rows are seen at
/// all: a class token after padding does not even see itself.
struct AppendedClassTokens {
  Sequences sequences;  ///< of all rows
  Sequences seen;       ///< of the rows that are seen
  std::vector<std::int32_t> seen_rows;

  std::vector<std::int32_t> class_rows() const { return sequences.last_rows(); }
  /// Returns the pattern in which keys and values are of the rows that are seen.
  AttentionPattern pattern() const {
    return {.queries = sequences, .keys = seen, .key_rows = seen_rows, .mask = Mask::causal};
  }
};

/// Returns the class tokens after all blocks, [texts, width].
template <SequenceOperations Ops>
typename Ops::Tensor class_tokens_after_blocks(Ops& ops, const std::vector<ResidualBlock>& blocks,
                                               typename Ops::Tensor x,
                                               const AppendedClassTokens& texts) {
  const auto pattern = ops.pattern(texts.pattern());
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i)
    x = residual_block(ops, blocks[i], x, pattern);
  return pooled_residual_block(ops, blocks.back(), ops.rows(x, ops.indices(texts.class_rows())),
                               ops.rows(x, ops.indices(texts.seen_rows)),
                               ops.pattern(AttentionPattern::pooling(texts.seen)));
}

}  // namespace diptych::network
