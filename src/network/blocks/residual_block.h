#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "network/operations/operations.h"

namespace diptych::network {

/// A pre-norm transformer block: x += scale_1 attention(ln_1(x)); x += scale_2 mlp(ln_2(x)), where
/// most models have no scales.
struct ResidualBlock {
  std::string name;  ///< all of its parameters begin with it
  Norm norm_1;
  Linear query_key_value;  ///< stacked in that order, [3 width, width]
  Linear attention_output;
  ParameterId scale_1 = kAbsent;
  Norm norm_2;
  Linear mlp_in;
  Linear mlp_out;
  ParameterId scale_2 = kAbsent;
  Activation activation = Activation::gelu;
  int heads = 1;
};

struct ResidualBlocksConfig {
  int width;
  int layers;
  int heads;
  int mlp_width;
  Activation activation;
  float norm_epsilon;
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
};

/// Returns what the blocks need of their tower's config.
template <typename TowerConfig>
ResidualBlocksConfig residual_blocks_config(const TowerConfig& config) {
  ResidualBlocksConfig blocks{.width = config.width,
                              .layers = config.layers,
                              .heads = config.heads,
                              .mlp_width = config.mlp_width,
                              .activation = config.activation,
                              .norm_epsilon = config.norm_epsilon};
  if constexpr (requires { config.layer_scale; }) blocks.layer_scale = config.layer_scale;
  return blocks;
}

/// Declares `layers` blocks under `name`.0, `name`.1, ...
std::vector<ResidualBlock> declare_residual_blocks(ParameterTable& table, const std::string& name,
                                                   const ResidualBlocksConfig& config);

/// Computes x + scale(branch), where `branch(residual)` computes a branch and adds the residual, if
/// it is not null, in its last layer.
template <SequenceOperations Ops, typename Branch>
typename Ops::Tensor add_branch(Ops& ops, const typename Ops::Tensor& x, const Branch& branch,
                                ParameterId scale) {
  const typename Ops::Tensor* none = nullptr;
  return scale == kAbsent ? branch(&x) : ops.add(x, ops.scale(branch(none), scale));
}

/// Adds what attention gave to a block's input `x`: output projection, residual.
template <SequenceOperations Ops>
typename Ops::Tensor add_attention(Ops& ops, const ResidualBlock& block,
                                   const typename Ops::Tensor& x,
                                   const typename Ops::Tensor& attended) {
  const auto output = [&](const typename Ops::Tensor* residual) {
    return ops.linear(attended, block.attention_output, Activation::none, residual);
  };
  return add_branch(ops, x, output, block.scale_1);
}

/// Adds the MLP's branch to `x`, which attention was added to.
template <SequenceOperations Ops>
typename Ops::Tensor add_mlp(Ops& ops, const ResidualBlock& block, const typename Ops::Tensor& x) {
  const auto mlp = [&](const typename Ops::Tensor* residual) {
    return ops.mlp(ops.norm(x, block.norm_2), block.mlp_in, block.activation, block.mlp_out,
                   residual);
  };
  return add_branch(ops, x, mlp, block.scale_2);
}

/// Finishes a block after attention. `x` is the block's input.
template <SequenceOperations Ops>
typename Ops::Tensor finish_block(Ops& ops, const ResidualBlock& block,
                                  const typename Ops::Tensor& x,
                                  const typename Ops::Tensor& attended) {
  return add_mlp(ops, block, add_attention(ops, block, x, attended));
}

template <SequenceOperations Ops>
typename Ops::Tensor residual_block(Ops& ops, const ResidualBlock& block,
                                    const typename Ops::Tensor& x,
                                    const typename Ops::Pattern& pattern) {
  const auto body = [&block, pattern](Ops& ops, const typename Ops::Tensor& x) {
    const int width = block.norm_1.width;
    const auto qkv =
        ops.linear(ops.norm(x, block.norm_1), block.query_key_value, Activation::none, nullptr);
    const auto attended = ops.attention(ops.columns(qkv, 0, width), ops.columns(qkv, width, width),
                                        ops.columns(qkv, 2 * width, width), block.heads, pattern);
    return finish_block(ops, block, x, attended);
  };
  return ops.block(block.name, body, x);
}

/// Computes the last block of a tower that uses one row of every sequence: keys and values of all
/// rows that are seen, everything else only for those `pooled`, which are the queries of `pattern`.
template <SequenceOperations Ops>
typename Ops::Tensor pooled_residual_block(Ops& ops, const ResidualBlock& block,
                                           const typename Ops::Tensor& pooled,
                                           const typename Ops::Tensor& seen,
                                           const typename Ops::Pattern& pattern) {
  const auto body = [&block, pattern](Ops& ops, const typename Ops::Tensor& pooled,
                                      const typename Ops::Tensor& seen) {
    const int width = block.norm_1.width;
    const auto query = ops.linear(ops.norm(pooled, block.norm_1),
                                  block.query_key_value.slice(0, width), Activation::none, nullptr);
    const auto key_value =
        ops.linear(ops.norm(seen, block.norm_1), block.query_key_value.slice(width, 2 * width),
                   Activation::none, nullptr);
    const auto attended = ops.attention(query, ops.columns(key_value, 0, width),
                                        ops.columns(key_value, width, width), block.heads, pattern);
    return finish_block(ops, block, pooled, attended);
  };
  return ops.block(block.name, body, pooled, seen);
}

/// Computes all blocks, all rows.
template <SequenceOperations Ops>
typename Ops::Tensor residual_blocks(Ops& ops, const std::vector<ResidualBlock>& blocks,
                                     typename Ops::Tensor x, const AttentionPattern& seen) {
  const auto pattern = ops.pattern(seen);
  for (const ResidualBlock& block : blocks) x = residual_block(ops, block, x, pattern);
  return x;
}

/// Computes all blocks, the last one only for `pooled_rows`, one a sequence: [sequences, width].
/// Such a row sees its whole sequence: it is the last row under a causal mask, or there is no mask.
template <SequenceOperations Ops>
typename Ops::Tensor pooled_residual_blocks(Ops& ops, const std::vector<ResidualBlock>& blocks,
                                            typename Ops::Tensor x, const Sequences& sequences,
                                            Mask mask, std::span<const std::int32_t> pooled_rows) {
  const auto pattern = ops.pattern(AttentionPattern::within(sequences, mask));
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i)
    x = residual_block(ops, blocks[i], x, pattern);
  return pooled_residual_block(ops, blocks.back(), ops.rows(x, ops.indices(pooled_rows)), x,
                               ops.pattern(AttentionPattern::pooling(sequences)));
}

}  // namespace diptych::network
