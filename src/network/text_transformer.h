#pragma once

#include <vector>

#include "network/residual_block.h"

namespace diptych::network {

/// CLIP's text tower: token and position embeddings, causal pre-norm blocks, ln_final of the
/// end-of-text token, projection.
struct TextTransformer {
  TextTransformerConfig config;
  ParameterId token_embedding = kAbsent;
  ParameterId positional_embedding = kAbsent;
  std::vector<ResidualBlock> blocks;
  Norm norm_final;
  Linear projection;
};

TextTransformer declare_text_transformer(ParameterTable& table, const TextTransformerConfig& config,
                                         int embedding_width);

/// Features [texts, embedding width], not normalised. Every text ends with its end-of-text token:
/// with a causal mask nothing behind it can reach the answer.
template <Operations Ops>
typename Ops::Tensor text_tower(Ops& ops, const TextTransformer& tower, const Tokens& tokens) {
  auto x = ops.add(ops.embed(tower.token_embedding, tokens.ids),
                   ops.embed(tower.positional_embedding, tokens.sequences.positions()));
  x = pooled_residual_blocks(ops, tower.blocks, x, tokens.sequences, Mask::causal,
                             tokens.sequences.last_rows());
  return ops.linear(ops.norm(x, tower.norm_final), tower.projection, Activation::none, nullptr);
}

/// The part of a padded row of ids that can reach the answer: up to and with the end-of-text token
/// (the whole row when it has none).
std::span<const std::int32_t> reaching_tokens(const TextTransformer& tower,
                                              std::span<const std::int32_t> row);

}  // namespace diptych::network
