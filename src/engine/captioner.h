#pragma once

#include <memory>
#include <vector>

#include "base/parallel.h"
#include "diptych/captioner.h"
#include "engine/operations.h"
#include "engine/token_search.h"
#include "engine/weights.h"
#include "network/operations/sequences.h"

namespace diptych::engine {

/// Writes captions with a model that has a decoder. For one thread at a time; weights and pool may
/// be shared.
class Captioner {
 public:
  /// The model must have a decoder.
  Captioner(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool);

  /// One caption a picture, as token ids with the start token and, where it ends, the end token.
  /// All pictures at once. The draws depend on the places of the pictures, as many. Throws
  /// Error(invalid_argument) unless the pictures have the model's image size.
  std::vector<std::vector<std::int32_t>> caption(const network::Pixels& pixels,
                                                 const CaptionOptions& options,
                                                 std::span<const std::size_t> places);

  /// Throws Error(invalid_argument), naming the field, for options outside their ranges.
  void check(const CaptionOptions& options) const;

 private:
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<ThreadPool> pool_;
  Operations operations_;
};

/// The special tokens of a model that captions: the last two of CLIP's vocabulary.
SpecialIds special_ids(const network::Model& model);

}  // namespace diptych::engine
