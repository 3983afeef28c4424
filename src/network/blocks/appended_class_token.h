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
};

/// A pre-norm block under the causal mask in which keys and values are of the rows that are seen.
template <Operations Ops>
typename Ops::Tensor residual_block(Ops& ops, const ResidualBlock& block,
                                    const typename Ops::Tensor& x,
                                    const AppendedClassTokens& texts) {
  const int width = block.norm_1.width;
  const auto qkv =
      ops.linear(ops.norm(x, block.norm_1), block.query_key_value, Activation::none, nullptr);
  const auto key_value = ops.rows(ops.columns(qkv, width, 2 * width), texts.seen_rows);
  const auto attended = ops.attention(ops.columns(qkv, 0, width), ops.columns(key_value, 0, width),
                                      ops.columns(key_value, width, width), block.heads,
                                      texts.sequences, texts.seen, Mask::causal);
  return finish_block(ops, block, x, attended);
}

/// The class tokens after all blocks, [texts, width].
template <Operations Ops>
typename Ops::Tensor class_tokens_after_blocks(Ops& ops, const std::vector<ResidualBlock>& blocks,
                                               typename Ops::Tensor x,
                                               const AppendedClassTokens& texts) {
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) x = residual_block(ops, blocks[i], x, texts);
  return pooled_residual_block(ops, blocks.back(), ops.rows(x, texts.class_rows()),
                               ops.rows(x, texts.seen_rows), texts.seen);
}

}  // namespace diptych::network
