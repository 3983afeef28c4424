#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "network/blocks/patch_embedding.h"
#include "network/blocks/projection.h"
#include "network/blocks/query_pool.h"
#include "network/blocks/residual_block.h"
#include "network/blocks/token_merging.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// ViT (arXiv 2010.11929) as CLIP builds it. Defaults are ViT-B/32's.
struct VisionTransformerConfig {
  static constexpr std::string_view kName = "vision_transformer";

  int image_size = 224;  ///< side, in pixels
  int patch_size = 32;   ///< side, in pixels
  int width = 768;
  int layers = 12;
  int heads = 12;
  int mlp_width = 3072;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-5F;
  bool class_token = true;
  bool norm_pre = true;      ///< layer normalisation before the blocks
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
  bool patch_bias = false;   ///< of the patch embedding
  /// Patches of 16 pixels pass three convolutions instead of one (MobileCLIP-B, arXiv 2311.17049).
  bool convolution_stem = false;
  bool class_position = true;  ///< the class token has a position too
  ImagePooling pooling = ImagePooling::class_token;
  int pool_queries = 256;  ///< of ImagePooling::queries
  int pool_heads = 8;      ///< of ImagePooling::queries
  Projection projection = Projection::matrix;

  int grid() const { return image_size / patch_size; }
  /// Returns whether rows can be merged: what pools must be able to count them as often as they
  /// have rows in them.
  bool merges_rows() const {
    return pooling == ImagePooling::class_token || pooling == ImagePooling::map;
  }
  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("patch_size", patch_size);
    visit_transformer(fields, *this);
    fields.exceptional("layer_scale", layer_scale, false);
    fields.defaulted("patch_bias", patch_bias);
    fields.exceptional("convolution_stem", convolution_stem, false);
    fields.exceptional("class_position", class_position, true);
    fields.defaulted("class_token", class_token);
    fields.defaulted("norm_pre", norm_pre);
    fields.defaulted("pooling", pooling);
    if (pooling == ImagePooling::queries) {
      fields.required("pool_queries", pool_queries);
      fields.required("pool_heads", pool_heads);
    }
    fields.defaulted("projection", projection);
  }

  bool operator==(const VisionTransformerConfig&) const = default;
};

/// ViT (arXiv 2010.11929): patches, class token, positions, ln_pre, pre-norm blocks, ln_post,
/// pooling, projection. CLIP pools the class token, SigLIP has none.
struct VisionTransformer {
  VisionTransformerConfig config;
  PatchEmbedding patch_embedding;
  std::optional<Norm> norm_pre;
  std::vector<ResidualBlock> blocks;
  Norm norm_post;
  std::optional<QueryPool> query_pool;
  OutputProjection projection;
};

/// See tower.h.
void validate_tower(const VisionTransformerConfig& config, int embedding_width);
TowerDescription describe_tower(const VisionTransformerConfig& config);
std::int64_t widest_activation(const VisionTransformer& tower);
VisionTransformer declare_tower(ParameterTable& table, const VisionTransformerConfig& config,
                                int embedding_width);

/// Returns the rows of `count` sequences of `length` but each sequence's first.
std::vector<std::int32_t> rows_after_first(int count, int length);

/// Returns the sequences of the selected patches, with the class token where there is one.
Sequences row_sequences(const VisionTransformerConfig& config, const PatchSelection& selection);

/// Returns the rows that the first block takes.
template <Operations Ops>
typename Ops::Tensor embedded_rows(Ops& ops, const VisionTransformer& tower, const Pixels& pixels,
                                   const PatchSelection& selection) {
  auto x = embed_patches(ops, tower.patch_embedding, pixels, selection);
  if (tower.norm_pre) x = ops.norm(x, *tower.norm_pre);
  return x;
}

/// Returns features [pictures, embedding width], not normalised. `pixels` are image_size x
/// image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const VisionTransformer& tower, const Pixels& pixels,
                                 const PatchSelection& selection) {
  const VisionTransformerConfig& config = tower.config;
  const Sequences sequences = row_sequences(config, selection);
  auto x = embedded_rows(ops, tower, pixels, selection);
  if (config.pooling == ImagePooling::class_token) {
    x = pooled_residual_blocks(ops, tower.blocks, x, sequences, Mask::full, sequences.first_rows());
    return project(ops, tower.projection, ops.norm(x, tower.norm_post));
  }
  x = residual_blocks(ops, tower.blocks, x, AttentionPattern::within(sequences, Mask::full));
  if (config.pooling == ImagePooling::map) {
    x = query_pool(ops, *tower.query_pool, ops.norm(x, tower.norm_post), sequences);
    return project(ops, tower.projection, x);
  }
  if (config.pooling == ImagePooling::queries) {
    x = query_pool(ops, *tower.query_pool, x, sequences);
    return project(ops, tower.projection, ops.norm(x, tower.norm_post));
  }
  if (config.class_token) x = ops.rows(x, ops.indices(rows_after_class_tokens(selection)));
  x = ops.norm(ops.mean_rows(x, selection.sequences), tower.norm_post);
  return project(ops, tower.projection, x);
}

template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const VisionTransformer& tower, const Pixels& pixels) {
  return image_tower(ops, tower, pixels,
                     PatchSelection::all(pixels.batch, tower.config.grid() * tower.config.grid()));
}

/// Returns the same features from fewer rows and so only nearly: after the attention of every block
/// but the last, `merged` rows of each picture become part of others (blocks/token_merging.h). Only
/// where the config merges rows.
template <Operations Ops>
typename Ops::Tensor merging_image_tower(Ops& ops, const VisionTransformer& tower,
                                         const Pixels& pixels, int merged) {
  const VisionTransformerConfig& config = tower.config;
  const auto selection = PatchSelection::all(pixels.batch, config.grid() * config.grid());
  MergedRows rows(row_sequences(config, selection), config.class_token);
  auto x = embedded_rows(ops, tower, pixels, selection);
  for (std::size_t i = 0; i + 1 < tower.blocks.size(); ++i)
    x = merging_block(ops, tower.blocks[i], x, rows, merged);
  const ResidualBlock& last = tower.blocks.back();
  if (config.pooling == ImagePooling::class_token) {
    const auto pattern =
        ops.pattern(proportional(AttentionPattern::pooling(rows.sequences()), rows));
    const auto pooled = ops.rows(x, ops.indices(rows.sequences().first_rows()));
    x = pooled_residual_block(ops, last, pooled, x, pattern);
    return project(ops, tower.projection, ops.norm(x, tower.norm_post));
  }
  x = residual_block(
      ops, last, x,
      ops.pattern(proportional(AttentionPattern::within(rows.sequences(), Mask::full), rows)));
  x = query_pool(ops, *tower.query_pool, ops.norm(x, tower.norm_post), rows.sequences(),
                 /*count=*/1, rows.key_bias());
  return project(ops, tower.projection, x);
}

/// Returns what a decoder reads of pictures: the pooled rows of all learned queries but the first,
/// which gives the feature. [pictures * (pool_queries - 1), embedding width]. Only with
/// ImagePooling::queries.
template <Operations Ops>
typename Ops::Tensor image_tokens(Ops& ops, const VisionTransformer& tower, const Pixels& pixels) {
  const VisionTransformerConfig& config = tower.config;
  const auto selection = PatchSelection::all(pixels.batch, config.grid() * config.grid());
  const Sequences sequences = row_sequences(config, selection);
  auto x = embedded_rows(ops, tower, pixels, selection);
  x = residual_blocks(ops, tower.blocks, x, AttentionPattern::within(sequences, Mask::full));
  x = query_pool(ops, *tower.query_pool, x, sequences, config.pool_queries);
  const auto rows = ops.indices(rows_after_first(pixels.batch, config.pool_queries));
  return ops.norm(ops.rows(x, rows), tower.norm_post);
}

}  // namespace diptych::network
