#pragma once

#include "base/random.h"
#include "engine/token_search.h"

namespace diptych::engine {

/// Draws one caption token by token, among the most probable ones: the k first, or those that
/// together have probability p (nucleus sampling, arXiv 1904.09751).
class TokenSampling : public TokenSearch {
 public:
  TokenSampling(const CaptionOptions& options, const CaptionIds& ids, std::uint64_t stream);

  std::span<const std::int32_t> tokens() const override { return {&ids_.back(), 1}; }
  std::span<const std::int32_t> parents() const override { return kItself; }
  void step(std::span<float> logits) override;
  bool done() const override { return done_; }
  std::vector<std::int32_t> result() const override { return ids_; }

 private:
  static constexpr std::int32_t kItself[] = {0};

  std::int32_t draw(std::span<const float> logits);

  CaptionOptions options_;
  CaptionIds special_;
  Random random_;
  std::vector<std::int32_t> ids_;
  bool done_ = false;
};

}  // namespace diptych::engine
