#pragma once

#include <memory>
#include <vector>

#include "diptych/captioner.h"
#include "engine/packed_model.h"
#include "engine/token_search.h"
#include "network/operations/sequences.h"

namespace diptych::engine {

/// Writes captions with a packed model that has a decoder, a token of a batch's captions a turn.
/// Thread-safe.
class Captioner {
 public:
  /// The model must have a decoder.
  explicit Captioner(std::shared_ptr<PackedModel> packed) : packed_(std::move(packed)) {}

  const network::Model& model() const { return packed_->model(); }
  PackedModel& packed() const { return *packed_; }

  /// Returns one caption a picture, as token ids with the start token and, where it ends, the end
  /// token. All pictures at once. The draws depend on the places of the pictures, as many. Throws
  /// Error(invalid_argument) unless the pictures have the model's image size.
  std::vector<std::vector<std::int32_t>> caption(const network::Pixels& pixels,
                                                 const CaptionOptions& options,
                                                 std::span<const std::size_t> places) const;

  /// Throws Error(invalid_argument), naming the field, for options outside their ranges.
  void check(const CaptionOptions& options) const;

 private:
  std::shared_ptr<PackedModel> packed_;
};

/// Returns the special tokens of a model that captions: the last two of CLIP's vocabulary.
CaptionIds caption_ids(const network::Model& model);

}  // namespace diptych::engine
