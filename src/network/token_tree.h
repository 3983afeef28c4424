#pragma once

#include <cstdint>
#include <vector>

#include "network/model.h"

namespace diptych::network {

/// Texts whose common beginnings are there once. Under a causal mask a token's row depends on the
/// tokens before it alone, so that a prefix gives all texts that begin with it the same rows:
/// computed once, they are what each text would have computed, to the bit.
struct TokenTree {
  std::vector<std::int32_t> ids;     ///< of all rows
  std::vector<std::int32_t> places;  ///< of all rows, in their texts
  /// Each text's own rows, and all of its tokens' wherever they lie.
  AttentionPattern own_rows;
  /// Each text's last row, and all of its tokens'.
  AttentionPattern last_rows;
  std::vector<std::int32_t> pooled_rows;  ///< of each text
};

/// Returns the texts as a tree. A text shares what it has in common with the one before it, so that
/// texts in order share the most.
TokenTree token_tree(const Tokens& texts);

/// Returns whether texts may be computed as a tree: they are pooled at their last token, and no
/// token sees what comes after it.
bool shares_prefixes(const TextTowers::Tower& tower);

/// Returns the features of texts in a tree, [texts, embedding width], not normalised. The tower
/// must be one that shares prefixes.
template <SequenceOperations Ops>
typename Ops::Tensor text_features(Ops& ops, const Model& model, const TokenTree& tree) {
  const auto& tower = std::get<TextTransformer>(model.text);
  Tokens tokens;
  tokens.ids = tree.ids;
  tokens.places = tree.places;
  auto x = embed_places(ops, tower, tokens);
  const auto pattern = ops.pattern(tree.own_rows);
  for (std::size_t i = 0; i + 1 < tower.blocks.size(); ++i)
    x = residual_block(ops, tower.blocks[i], x, pattern);
  x = pooled_residual_block(ops, tower.blocks.back(), ops.rows(x, ops.indices(tree.pooled_rows)), x,
                            ops.pattern(tree.last_rows));
  return project(ops, tower.projection, ops.norm(x, tower.norm_final));
}

}  // namespace diptych::network
