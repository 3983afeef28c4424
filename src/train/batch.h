#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "network/blocks/patch_embedding.h"
#include "network/operations/sequences.h"

namespace diptych::train {

/// Pictures and texts of pairs as a model takes them: picture i and text i belong together.
struct Inputs {
  std::vector<float> pixels;  ///< normalised, as network::Pixels of that side
  int side = 0;
  std::vector<network::PictureSize> sizes;  ///< where pictures differ in size; otherwise empty
  network::Tokens tokens;

  int pairs() const { return tokens.sequences.count(); }
  network::Pixels images() const { return {pixels.data(), pairs(), side, side, sizes}; }
  /// Appends a picture of at most side x side pixels, [3, height, width].
  void add(const std::vector<float>& picture, const network::PictureSize& size);
};

/// Pairs of a step.
struct Batch : Inputs {
  std::vector<std::int64_t> groups;   ///< as contrastive_loss takes them; may be empty
  std::vector<std::int64_t> samples;  ///< the pairs' numbers in the data set
  /// The pairs' places among all of the step, whichever process has them.
  std::vector<std::int32_t> places;
  std::uint64_t epoch = 0;
  /// The patches that take part (ViT only); all, when there is none.
  std::optional<network::PatchSelection> patches;
  /// The same pairs as a teacher takes them; empty without one.
  Inputs teacher;
  /// What a task is given of each pair (Task::given), once that is known.
  std::vector<torch::Tensor> given;
};

/// Returns some neighbouring pairs of a batch, as a batch of their own. Throws nothing but
/// bad_alloc.
Batch part_of(const Batch& batch, int first, int count);

}  // namespace diptych::train
