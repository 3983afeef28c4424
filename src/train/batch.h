#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "network/blocks/patch_embedding.h"
#include "network/operations/sequences.h"

namespace diptych::train {

/// Pictures and texts of pairs as a model takes them: picture i and text i belong together.
struct Inputs {
  std::vector<float> pixels;  ///< [pairs, 3, side, side], normalised
  int side = 0;
  network::Tokens tokens;

  int pairs() const { return tokens.sequences.count(); }
  network::Pixels images() const { return {pixels.data(), pairs(), side, side}; }
};

/// Pairs of a step.
struct Batch : Inputs {
  std::vector<std::int64_t> groups;  ///< as contrastive_loss takes them; may be empty
  /// The patches that take part (ViT only); all, when there is none.
  std::optional<network::PatchSelection> patches;
  /// The same pairs as a teacher takes them; empty without one.
  Inputs teacher;
};

/// Some neighbouring pairs of a batch, as a batch of their own. Throws nothing but bad_alloc.
Batch part_of(const Batch& batch, int first, int count);

}  // namespace diptych::train
