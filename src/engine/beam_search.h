#pragma once

#include "engine/token_search.h"

namespace diptych::engine {

/// Beam search for one picture as transformers' BeamSearchScorer does it for open_clip: a caption's
/// score is its sum of logits over its length.
class BeamSearch : public TokenSearch {
 public:
  BeamSearch(const CaptionOptions& options, const CaptionIds& ids);

  std::span<const std::int32_t> tokens() const override { return tokens_; }
  std::span<const std::int32_t> parents() const override { return parents_; }
  void step(std::span<float> logits) override;
  bool done() const override { return done_; }
  std::vector<std::int32_t> result() const override;

 private:
  struct Beam {
    std::vector<std::int32_t> ids;
    float sum = 0.0F;  ///< of the logits of its tokens
  };
  struct Finished {
    std::vector<std::int32_t> ids;
    double score = 0.0;
  };
  /// A beam and a token that it could go on with.
  struct Candidate {
    std::int32_t beam;
    std::int32_t token;
    float sum;
  };

  std::vector<Candidate> best_candidates(std::span<float> logits) const;
  void finish(std::vector<std::int32_t> ids, float sum, std::size_t length);

  CaptionOptions options_;
  CaptionIds special_;
  std::size_t width_;
  std::vector<Beam> beams_;
  std::vector<Finished> finished_;  ///< at most as many as beams, best first
  std::vector<std::int32_t> tokens_;
  std::vector<std::int32_t> parents_;
  bool done_ = false;
};

}  // namespace diptych::engine
