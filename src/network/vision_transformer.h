#pragma once

#include <functional>
#include <vector>

#include "network/residual_block.h"

namespace diptych::network {

/// ViT (arXiv 2010.11929) as CLIP builds it: patches, class token, positions, ln_pre, pre-norm
/// blocks, ln_post of the class token, projection.
struct VisionTransformer {
  VisionTransformerConfig config;
  Linear
      patch_embedding;  ///< the stride-`patch_size` convolution as a matrix over flattened patches
  ParameterId class_embedding = kAbsent;
  ParameterId positional_embedding =
      kAbsent;  ///< [1 + grid * grid, width], the class token's first
  Norm norm_pre;
  std::vector<ResidualBlock> blocks;
  Norm norm_post;
  Linear projection;
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

/// Features [pictures, embedding width], not normalised. `pixels` are image_size x image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const VisionTransformer& tower, const Pixels& pixels,
                                 const PatchSelection& selection) {
  const int patches_each = tower.config.grid() * tower.config.grid();
  std::vector<std::int32_t> patch_rows = selection.patches;
  std::vector<std::int32_t> positions;
  for (int picture = 0; picture < selection.sequences.count(); ++picture) {
    positions.push_back(0);
    for (int i = 0; i < selection.sequences.length(picture); ++i) {
      const auto row = static_cast<std::size_t>(selection.sequences.begin(picture) + i);
      positions.push_back(1 + selection.patches[row]);
      patch_rows[row] += picture * patches_each;
    }
  }
  auto patches = ops.patches(pixels, tower.config.patch_size);
  const bool all_kept = patch_rows.size() == static_cast<std::size_t>(pixels.batch) * patches_each;
  if (!all_kept) patches = ops.rows(patches, patch_rows);

  const Sequences sequences = selection.sequences.with_one_more();
  const std::vector<std::int32_t> one_class_token_each(static_cast<std::size_t>(pixels.batch), 0);
  auto x = ops.prepend(ops.embed(tower.class_embedding, one_class_token_each),
                       ops.linear(patches, tower.patch_embedding, Activation::none, nullptr),
                       selection.sequences);
  x = ops.norm(ops.add(x, ops.embed(tower.positional_embedding, positions)), tower.norm_pre);
  x = pooled_residual_blocks(ops, tower.blocks, x, sequences, Mask::full, sequences.first_rows());
  return ops.linear(ops.norm(x, tower.norm_post), tower.projection, Activation::none, nullptr);
}

template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const VisionTransformer& tower, const Pixels& pixels) {
  return image_tower(ops, tower, pixels,
                     PatchSelection::all(pixels.batch, tower.config.grid() * tower.config.grid()));
}

}  // namespace diptych::network
