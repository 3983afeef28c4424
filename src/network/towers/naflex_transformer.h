#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "network/blocks/patch_embedding.h"
#include "network/blocks/query_pool.h"
#include "network/blocks/residual_block.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// The image tower of SigLIP 2 NaFlex (arXiv 2502.14786), for pictures of any aspect ratio.
/// Defaults are those of the base model.
struct NaflexTransformerConfig {
  static constexpr std::string_view kName = "naflex_transformer";

  /// Side, in pixels, of a square picture with as many patches as any may have.
  int image_size = 256;
  int patch_size = 16;  ///< side, in pixels
  int width = 768;
  int layers = 12;
  int heads = 12;
  int mlp_width = 3072;
  Activation activation = Activation::gelu_tanh;
  float norm_epsilon = 1e-6F;
  int position_grid = 16;  ///< side of the table of positions, which are resized to each picture

  std::int64_t most_patches() const {
    return std::int64_t{image_size / patch_size} * (image_size / patch_size);
  }
  /// Returns whether a picture has whole patches, at least one and not too many.
  bool takes(const PictureSize& size) const;
  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("patch_size", patch_size);
    visit_transformer(fields, *this);
    fields.required("position_grid", position_grid);
    fields.constant("pooling", "map");
  }

  bool operator==(const NaflexTransformerConfig&) const = default;
};

/// SigLIP's vision transformer over packed pictures of different sizes: patches, positions resized
/// to the picture, pre-norm blocks, ln_post, attention pooling.
struct NaflexTransformer {
  NaflexTransformerConfig config;
  PatchEmbedding patch_embedding;
  std::vector<ResidualBlock> blocks;
  Norm norm_post;
  QueryPool query_pool;
};

/// See tower.h.
void validate_tower(const NaflexTransformerConfig& config, int embedding_width);
TowerDescription describe_tower(const NaflexTransformerConfig& config);
std::int64_t widest_activation(const NaflexTransformer& tower);
NaflexTransformer declare_tower(ParameterTable& table, const NaflexTransformerConfig& config,
                                int embedding_width);

/// Returns each picture's patches as a sequence.
Sequences patches_of(const NaflexTransformerConfig& config, const Pixels& pixels);
/// Returns the positions of all pictures' patches, made of those of the table.
RowMixture positions_of(const NaflexTransformerConfig& config, const Pixels& pixels);

/// Returns features [pictures, embedding width], not normalised.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const NaflexTransformer& tower, const Pixels& pixels) {
  const NaflexTransformerConfig& config = tower.config;
  const Sequences sequences = patches_of(config, pixels);
  const int places = config.position_grid * config.position_grid;
  const auto table = ops.embed(tower.patch_embedding.positional_embedding,
                               ops.indices(Sequences::uniform(1, places).positions()));
  auto x = ops.linear(ops.patches(pixels, config.patch_size), tower.patch_embedding.projection,
                      Activation::none, nullptr);
  x = ops.add(x, ops.mix_rows(table, positions_of(config, pixels)));
  x = residual_blocks(ops, tower.blocks, x, AttentionPattern::within(sequences, Mask::full));
  return query_pool(ops, tower.query_pool, ops.norm(x, tower.norm_post), sequences);
}

}  // namespace diptych::network
