#pragma once

#include <vector>

#include "network/projection.h"
#include "network/residual_block.h"

namespace diptych::network {

/// CLIP's text tower: token and position embeddings, pre-norm blocks, ln_final of the pooled token,
/// projection.
struct TextTransformer {
  TextTransformerConfig config;
  ParameterId token_embedding = kAbsent;
  ParameterId positional_embedding = kAbsent;
  std::vector<ResidualBlock> blocks;
  Norm norm_final;
  OutputProjection projection;
};

TextTransformer declare_text_transformer(ParameterTable& table, const TextTransformerConfig& config,
                                         int embedding_width);

/// The row of every text that is pooled.
std::vector<std::int32_t> pooled_rows(const TextTransformer& tower, const Tokens& tokens);

/// Features [texts, embedding width], not normalised. The texts are as `reaching_tokens` leaves
/// them.
template <Operations Ops>
typename Ops::Tensor text_tower(Ops& ops, const TextTransformer& tower, const Tokens& tokens) {
  auto x = ops.add(ops.embed(tower.token_embedding, tokens.ids),
                   ops.embed(tower.positional_embedding, tokens.sequences.positions()));
  const Mask mask = tower.config.causal ? Mask::causal : Mask::full;
  x = pooled_residual_blocks(ops, tower.blocks, x, tokens.sequences, mask,
                             pooled_rows(tower, tokens));
  return project(ops, tower.projection, ops.norm(x, tower.norm_final));
}

/// The part of a padded row of ids that can reach the answer. Under a causal mask up to and with
/// the end-of-text token (the whole row when it has none), otherwise all of it.
std::span<const std::int32_t> reaching_tokens(const TextTransformer& tower,
                                              std::span<const std::int32_t> row);

}  // namespace diptych::network
