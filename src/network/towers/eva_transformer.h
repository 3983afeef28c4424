#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/blocks/patch_embedding.h"
#include "network/blocks/projection.h"
#include "network/blocks/query_pool.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// The image towers of EVA-CLIP (arXiv 2303.15389, 2402.04252) and of PE-Core (arXiv 2504.13181).
/// Defaults are EVA-01 g/14's.
struct EvaTransformerConfig {
  static constexpr std::string_view kName = "eva_transformer";

  int image_size = 224;  ///< side, in pixels
  int patch_size = 14;   ///< side, in pixels
  int width = 1408;
  int layers = 40;
  int heads = 16;
  int mlp_width = 6144;
  Activation activation = Activation::gelu;
  bool gated_mlp = false;  ///< act(W1 x) * W2 x instead of act(W1 x): SwiGLU (arXiv 2002.05202)
  NormKind norm = NormKind::layer;
  float norm_epsilon = 1e-6F;
  bool post_norm = false;    ///< x + norm(f(x)) instead of x + f(norm(x))
  bool inner_norms = false;  ///< a norm before each branch's last layer too (arXiv 2210.06423)
  bool query_value_bias = true;
  bool key_bias = false;     ///< then the three are one stacked bias (PE-Core)
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
  /// Side of the grid whose positions rotary embeddings count in, whatever the tower's own grid; 0:
  /// the tower has none.
  int rotary_grid = 0;
  int rotary_origin = 0;              ///< position of the grid's first row and column
  bool rotary_columns_first = false;  ///< the first half of a head's pairs turns with the column
  bool class_token = true;
  bool norm_pre = false;  ///< a norm before the blocks; the patches then have no bias
  ImagePooling pooling = ImagePooling::class_token;  ///< or map
  int pool_heads = 8;                                ///< of a map pool
  Projection projection = Projection::linear;

  int grid() const { return image_size / patch_size; }
  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("patch_size", patch_size);
    visit_transformer(fields, *this);
    fields.defaulted("gated_mlp", gated_mlp);
    fields.required("norm", norm);
    fields.defaulted("post_norm", post_norm);
    fields.defaulted("inner_norms", inner_norms);
    fields.defaulted("query_value_bias", query_value_bias);
    fields.defaulted("key_bias", key_bias);
    fields.defaulted("layer_scale", layer_scale);
    fields.defaulted("rotary_grid", rotary_grid);
    fields.defaulted("rotary_origin", rotary_origin);
    fields.defaulted("rotary_columns_first", rotary_columns_first);
    fields.defaulted("class_token", class_token);
    fields.defaulted("norm_pre", norm_pre);
    fields.required("pooling", pooling);
    if (pooling == ImagePooling::map) fields.defaulted("pool_heads", pool_heads);
    fields.required("projection", projection);
  }

  bool operator==(const EvaTransformerConfig&) const = default;
};

/// What an attention and an MLP have around them: x + scale(output(inner_norm(f(norm(x))))), where
/// a post-norm comes after `output` instead. Scale and inner norm are where the tower has them.
struct EvaBranch {
  Norm norm;
  bool post_norm = false;
  std::optional<Norm> inner_norm;
  Linear output;
  ParameterId scale = kAbsent;
};

struct EvaBlock {
  std::string name;  ///< all of its parameters begin with it
  EvaBranch attention;
  Linear query;
  Linear key;
  Linear value;
  EvaBranch mlp;
  Linear mlp_in;
  std::optional<Linear> mlp_gated;  ///< what the activation of `mlp_in` is multiplied with
};

/// EVA-CLIP's image tower: patches with class token and learned positions, blocks that may turn
/// their queries and keys by rotary positions, a norm of the class token, projection. PE-Core's
/// has a norm before the blocks too, pools by a learned query, and may do without class token.
struct EvaTransformer {
  EvaTransformerConfig config;
  PatchEmbedding patch_embedding;
  std::optional<RotaryTable> rotary;
  std::optional<Norm> norm_pre;
  std::vector<EvaBlock> blocks;
  Norm norm_post;
  std::optional<QueryPool> map_pool;
  OutputProjection projection;
};

/// See tower.h.
void validate_tower(const EvaTransformerConfig& config, int embedding_width);
TowerDescription describe_tower(const EvaTransformerConfig& config);
std::int64_t widest_activation(const EvaTransformer& tower);
EvaTransformer declare_tower(ParameterTable& table, const EvaTransformerConfig& config,
                             int embedding_width);

/// Rows and where in their pictures they are: 0 is the class token, 1 + i patch i.
struct PlacedRows {
  Sequences sequences;
  std::vector<std::int32_t> positions;
};

PlacedRows place_rows(const PatchSelection& selection, bool class_token);

template <SequenceOperations Ops>
typename Ops::Tensor branch_input(Ops& ops, const EvaBranch& branch,
                                  const typename Ops::Tensor& x) {
  return branch.post_norm ? x : ops.norm(x, branch.norm);
}

/// Returns `x` with what the branch made of it added.
template <SequenceOperations Ops>
typename Ops::Tensor add_branch(Ops& ops, const EvaBranch& branch, typename Ops::Tensor hidden,
                                const typename Ops::Tensor& x) {
  if (branch.inner_norm) hidden = ops.norm(hidden, *branch.inner_norm);
  if (!branch.post_norm && branch.scale == kAbsent)
    return ops.linear(hidden, branch.output, Activation::none, &x);
  auto y = ops.linear(hidden, branch.output, Activation::none, nullptr);
  if (branch.post_norm) y = ops.norm(y, branch.norm);
  if (branch.scale != kAbsent) y = ops.scale(y, branch.scale);
  return ops.add(x, y);
}

/// What queries and keys look up.
template <typename Ops>
struct EvaAttention {
  typename Ops::Pattern pattern;
  std::optional<typename Ops::Rotation> query_rotation;
  std::optional<typename Ops::Rotation> key_rotation;
};

template <SequenceOperations Ops>
EvaAttention<Ops> eva_attention(Ops& ops, const EvaTransformer& tower, const PlacedRows& queries,
                                const PlacedRows& keys) {
  EvaAttention<Ops> attention{
      .pattern = ops.pattern(AttentionPattern::between(queries.sequences, keys.sequences)),
      .query_rotation = {},
      .key_rotation = {}};
  if (tower.rotary) {
    attention.query_rotation = ops.rotation(*tower.rotary, queries.positions);
    attention.key_rotation = ops.rotation(*tower.rotary, keys.positions);
  }
  return attention;
}

template <SequenceOperations Ops>
typename Ops::Tensor attend(Ops& ops, const EvaTransformer& tower, const EvaBlock& block,
                            const typename Ops::Tensor& queries, const typename Ops::Tensor& x,
                            const EvaAttention<Ops>& attention) {
  auto query = ops.linear(queries, block.query, Activation::none, nullptr);
  auto key = ops.linear(x, block.key, Activation::none, nullptr);
  if (attention.query_rotation) query = ops.rotate(query, *attention.query_rotation);
  if (attention.key_rotation) key = ops.rotate(key, *attention.key_rotation);
  const auto value = ops.linear(x, block.value, Activation::none, nullptr);
  return ops.attention(query, key, value, tower.config.heads, attention.pattern);
}

template <SequenceOperations Ops>
typename Ops::Tensor eva_mlp(Ops& ops, const EvaTransformer& tower, const EvaBlock& block,
                             const typename Ops::Tensor& x) {
  const auto entered = branch_input(ops, block.mlp, x);
  auto hidden = ops.linear(entered, block.mlp_in, tower.config.activation, nullptr);
  if (block.mlp_gated)
    hidden = ops.multiply(hidden, ops.linear(entered, *block.mlp_gated, Activation::none, nullptr));
  return add_branch(ops, block.mlp, hidden, x);
}

template <SequenceOperations Ops>
typename Ops::Tensor eva_block(Ops& ops, const EvaTransformer& tower, const EvaBlock& block,
                               const typename Ops::Tensor& x, const EvaAttention<Ops>& attention) {
  const auto body = [&tower, &block, attention](Ops& ops, const typename Ops::Tensor& x) {
    const auto entered = branch_input(ops, block.attention, x);
    const auto attended = attend(ops, tower, block, entered, entered, attention);
    return eva_mlp(ops, tower, block, add_branch(ops, block.attention, attended, x));
  };
  return ops.block(block.name, body, x);
}

/// Computes the last block: keys and values of all rows, everything else only for the class tokens.
template <SequenceOperations Ops>
typename Ops::Tensor pooled_eva_block(Ops& ops, const EvaTransformer& tower, const EvaBlock& block,
                                      const typename Ops::Tensor& x, const PlacedRows& rows) {
  const int count = rows.sequences.count();
  const PlacedRows class_tokens{
      .sequences = Sequences::uniform(count, 1),
      .positions = std::vector<std::int32_t>(static_cast<std::size_t>(count), 0)};
  const auto class_rows = ops.indices(rows.sequences.first_rows());
  const auto attention = eva_attention(ops, tower, class_tokens, rows);
  const auto body = [&tower, &block, class_rows, attention](Ops& ops,
                                                            const typename Ops::Tensor& x) {
    const auto entered = branch_input(ops, block.attention, x);
    const auto attended =
        attend(ops, tower, block, ops.rows(entered, class_rows), entered, attention);
    return eva_mlp(ops, tower, block,
                   add_branch(ops, block.attention, attended, ops.rows(x, class_rows)));
  };
  return ops.block(block.name, body, x);
}

/// Returns features [pictures, embedding width], not normalised. `pixels` are image_size x
/// image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const EvaTransformer& tower, const Pixels& pixels,
                                 const PatchSelection& selection) {
  const PlacedRows rows = place_rows(selection, tower.config.class_token);
  const auto attention = eva_attention(ops, tower, rows, rows);
  auto x = embed_patches(ops, tower.patch_embedding, pixels, selection);
  if (tower.norm_pre) x = ops.norm(x, *tower.norm_pre);
  for (std::size_t i = 0; i + 1 < tower.blocks.size(); ++i)
    x = eva_block(ops, tower, tower.blocks[i], x, attention);
  if (tower.map_pool) {
    x = ops.norm(eva_block(ops, tower, tower.blocks.back(), x, attention), tower.norm_post);
    return project(ops, tower.projection, query_pool(ops, *tower.map_pool, x, rows.sequences));
  }
  x = pooled_eva_block(ops, tower, tower.blocks.back(), x, rows);
  return project(ops, tower.projection, ops.norm(x, tower.norm_post));
}

template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const EvaTransformer& tower, const Pixels& pixels) {
  return image_tower(ops, tower, pixels,
                     PatchSelection::all(pixels.batch, tower.config.grid() * tower.config.grid()));
}

}  // namespace diptych::network
