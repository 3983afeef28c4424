#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "network/projection.h"
#include "network/query_pool.h"
#include "network/residual_block.h"

namespace diptych::network {

/// ViT (arXiv 2010.11929): patches, class token, positions, ln_pre, pre-norm blocks, ln_post,
/// pooling, projection. CLIP pools the class token, SigLIP has none.
struct VisionTransformer {
  VisionTransformerConfig config;
  Linear
      patch_embedding;  ///< the stride-`patch_size` convolution as a matrix over flattened patches
  ParameterId class_embedding = kAbsent;
  /// [grid * grid, width], one more with a class token, which comes first
  ParameterId positional_embedding = kAbsent;
  std::optional<Norm> norm_pre;
  std::vector<ResidualBlock> blocks;
  Norm norm_post;
  std::optional<QueryPool> map_pool;
  OutputProjection projection;
};

VisionTransformer declare_vision_transformer(ParameterTable& table,
                                             const VisionTransformerConfig& config,
                                             int embedding_width);

/// The patches of every picture that take part, numbered row by row from 0: patch dropout (FLIP,
/// arXiv 2212.00794) keeps a few, and what is dropped is never computed.
struct PatchSelection {
  std::vector<std::int32_t> patches;
  Sequences sequences;

  static PatchSelection all(int pictures, int patches_each);
  /// `kept` of the patches of every picture, in order, as `choose` picks them: choose(n) is in [0,
  /// n).
  static PatchSelection random(int pictures, int patches_each, int kept,
                               const std::function<std::uint64_t(std::uint64_t)>& choose);
};

/// Where the selected patches lie among those of the whole batch.
std::vector<std::int32_t> patch_rows(const PatchSelection& selection, int patches_each);
/// The position of every row: of a class token 0 if there is one, then of the selected patches.
std::vector<std::int32_t> patch_positions(const PatchSelection& selection, bool class_token);
/// Rows of the patches when every sequence begins with a class token.
std::vector<std::int32_t> rows_behind_class_tokens(const PatchSelection& selection);

/// The rows that enter the blocks: embedded patches, class tokens, positions.
template <Operations Ops>
typename Ops::Tensor embed_patches(Ops& ops, const VisionTransformer& tower, const Pixels& pixels,
                                   const PatchSelection& selection) {
  const VisionTransformerConfig& config = tower.config;
  const int patches_each = config.grid() * config.grid();
  auto patches = ops.patches(pixels, config.patch_size);
  const bool all_kept = selection.sequences.tokens() == pixels.batch * patches_each;
  if (!all_kept) patches = ops.rows(patches, patch_rows(selection, patches_each));
  auto x = ops.linear(patches, tower.patch_embedding, Activation::none, nullptr);
  if (config.class_token) {
    const std::vector<std::int32_t> one_each(static_cast<std::size_t>(pixels.batch), 0);
    x = ops.prepend(ops.embed(tower.class_embedding, one_each), x, selection.sequences);
  }
  x = ops.add(
      x, ops.embed(tower.positional_embedding, patch_positions(selection, config.class_token)));
  return tower.norm_pre ? ops.norm(x, *tower.norm_pre) : x;
}

/// Features [pictures, embedding width], not normalised. `pixels` are image_size x image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const VisionTransformer& tower, const Pixels& pixels,
                                 const PatchSelection& selection) {
  const VisionTransformerConfig& config = tower.config;
  const Sequences sequences =
      config.class_token ? selection.sequences.with_one_more() : selection.sequences;
  auto x = embed_patches(ops, tower, pixels, selection);
  if (config.pooling == ImagePooling::class_token) {
    x = pooled_residual_blocks(ops, tower.blocks, x, sequences, Mask::full, sequences.first_rows());
    return project(ops, tower.projection, ops.norm(x, tower.norm_post));
  }
  x = residual_blocks(ops, tower.blocks, x, sequences, Mask::full);
  if (config.pooling == ImagePooling::map) {
    x = query_pool(ops, *tower.map_pool, ops.norm(x, tower.norm_post), sequences);
    return project(ops, tower.projection, x);
  }
  if (config.class_token) x = ops.rows(x, rows_behind_class_tokens(selection));
  x = ops.norm(ops.mean_rows(x, selection.sequences), tower.norm_post);
  return project(ops, tower.projection, x);
}

template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const VisionTransformer& tower, const Pixels& pixels) {
  return image_tower(ops, tower, pixels,
                     PatchSelection::all(pixels.batch, tower.config.grid() * tower.config.grid()));
}

}  // namespace diptych::network
