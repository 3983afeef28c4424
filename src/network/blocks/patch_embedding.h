#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "network/operations/operations.h"

namespace diptych::network {

/// The patches of every picture that take part, numbered row by row from 0: patch dropout (FLIP,
/// arXiv 2212.00794) keeps a few, and what is dropped is never computed.
struct PatchSelection {
  std::vector<std::int32_t> patches;
  Sequences sequences;

  static PatchSelection all(int pictures, int patches_each);
  /// Returns `kept` of the patches of every picture, in order, as `choose` picks them: choose(n) is
  /// in [0, n).
  static PatchSelection random(int pictures, int patches_each, int kept,
                               const std::function<std::uint64_t(std::uint64_t)>& choose);
};

/// Returns where the selected patches lie among those of the whole batch.
std::vector<std::int32_t> patch_rows(const PatchSelection& selection, int patches_each);
/// Returns the position of every row: of a class token 0 if there is one, then of the selected
/// patches.
std::vector<std::int32_t> patch_positions(const PatchSelection& selection, bool class_token);
/// Returns the rows of the patches when every sequence begins with a class token.
std::vector<std::int32_t> rows_after_class_tokens(const PatchSelection& selection);

/// Convolutions of windows side by side, of 4 x 4 pixels, 2 x 2 and 2 x 2 places, with GELU between
/// them (MobileCLIP-B, arXiv 2311.17049); batch normalisation is fused.
struct ConvolutionStem {
  static constexpr int kFirstWindow = 4;
  static constexpr int kWindow = 2;

  Linear first;
  Linear second;
  Linear third;
};

template <Operations Ops>
typename Ops::Tensor convolve_patches(Ops& ops, const ConvolutionStem& stem, const Pixels& pixels) {
  constexpr int kFirst = ConvolutionStem::kFirstWindow;
  FeatureMap<typename Ops::Tensor> map{
      .rows = ops.linear(ops.patches(pixels, kFirst), stem.first, Activation::gelu, nullptr),
      .batch = pixels.batch,
      .height = pixels.height / kFirst,
      .width = pixels.width / kFirst};
  map = ops.merge_places(map, ConvolutionStem::kWindow);
  map.rows = ops.linear(map.rows, stem.second, Activation::gelu, nullptr);
  map = ops.merge_places(map, ConvolutionStem::kWindow);
  return ops.linear(map.rows, stem.third, Activation::none, nullptr);
}

/// How a vision transformer's rows begin: patches, a class token before them where there is one,
/// learned positions.
struct PatchEmbedding {
  Linear projection;  ///< the stride-`patch_size` convolution as a matrix over flattened patches
  std::optional<ConvolutionStem> stem;  ///< instead of it
  ParameterId class_embedding = kAbsent;
  /// [grid * grid, width], one more for a class token with a position, which comes first
  ParameterId positional_embedding = kAbsent;
  int patch_size = 0;
  int grid = 0;
  bool class_position = true;

  bool class_token() const { return class_embedding != kAbsent; }
};

struct PatchEmbeddingConfig {
  int patch_size;
  int grid;
  int width;
  bool class_token;
  bool bias;
  float deviation;  ///< of the embeddings' initial values
  bool convolution_stem = false;
  bool class_position = true;
};

/// Declares it under visual.conv1 or visual.stem, visual.class_embedding and
/// visual.positional_embedding.
PatchEmbedding declare_patch_embedding(ParameterTable& table, const PatchEmbeddingConfig& config);

/// Returns the rows of the selected patches.
template <Operations Ops>
typename Ops::Tensor project_patches(Ops& ops, const PatchEmbedding& embedding,
                                     const Pixels& pixels, const PatchSelection& selection) {
  const int patches_each = embedding.grid * embedding.grid;
  const bool all_kept = selection.sequences.tokens() == pixels.batch * patches_each;
  if (embedding.stem) {
    const auto x = convolve_patches(ops, *embedding.stem, pixels);
    return all_kept ? x : ops.rows(x, ops.indices(patch_rows(selection, patches_each)));
  }
  auto patches = ops.patches(pixels, embedding.patch_size);
  if (!all_kept) patches = ops.rows(patches, ops.indices(patch_rows(selection, patches_each)));
  return ops.linear(patches, embedding.projection, Activation::none, nullptr);
}

/// Returns the rows of the selected patches and of the class tokens.
template <Operations Ops>
typename Ops::Tensor embed_patches(Ops& ops, const PatchEmbedding& embedding, const Pixels& pixels,
                                   const PatchSelection& selection) {
  auto x = project_patches(ops, embedding, pixels, selection);
  const auto add_positions = [&](bool class_token) {
    const auto positions = ops.indices(patch_positions(selection, class_token));
    x = ops.add(x, ops.embed(embedding.positional_embedding, positions));
  };
  if (!embedding.class_position) add_positions(false);
  if (embedding.class_token()) {
    const std::vector<std::int32_t> one_each(static_cast<std::size_t>(pixels.batch), 0);
    x = ops.prepend(ops.embed(embedding.class_embedding, ops.indices(one_each)), x,
                    selection.sequences);
  }
  if (embedding.class_position) add_positions(embedding.class_token());
  return x;
}

}  // namespace diptych::network
