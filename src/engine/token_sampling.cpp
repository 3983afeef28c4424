#include "engine/token_sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diptych::engine {
namespace {

/// Shares of the chosen tokens when logits are divided by the temperature, not normalised.
std::vector<double> shares(std::span<const float> logits, std::span<const std::int32_t> tokens,
                           float temperature) {
  const auto logit = [&](std::int32_t token) {
    return static_cast<double>(logits[static_cast<std::size_t>(token)]);
  };
  std::vector<double> result;
  for (const std::int32_t token : tokens)
    result.push_back(std::exp((logit(token) - logit(tokens.front())) / temperature));
  return result;
}

/// How many of the tokens, most probable first, together have probability p.
std::size_t nucleus(std::span<const float> logits, std::span<const std::int32_t> tokens, float p) {
  const std::vector<double> weights = shares(logits, tokens, 1.0F);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0.0;
  for (std::size_t count = 0; count < weights.size(); ++count) {
    sum += weights[count];
    if (sum >= p * total) return count + 1;
  }
  return weights.size();
}

}  // namespace

TokenSampling::TokenSampling(const CaptionOptions& options, const CaptionIds& ids,
                             std::uint64_t stream)
    : options_(options), special_(ids), random_(options.seed, stream), ids_{ids.start} {}

std::int32_t TokenSampling::draw(std::span<const float> logits) {
  std::vector<std::int32_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  const auto better = [&](std::int32_t a, std::int32_t b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  };
  const bool top_k = options_.search == CaptionSearch::top_k;
  const std::size_t sorted =
      top_k ? std::min(tokens.size(), static_cast<std::size_t>(options_.top_k)) : tokens.size();
  std::partial_sort(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(sorted),
                    tokens.end(), better);
  tokens.resize(sorted);
  if (!top_k) tokens.resize(nucleus(logits, tokens, options_.top_p));
  const std::vector<double> weights = shares(logits, tokens, options_.temperature);
  double left = random_.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t i = 0;
  while (i + 1 < tokens.size() && (left -= weights[i]) >= 0.0) ++i;
  return tokens[i];
}

void TokenSampling::step(std::span<float> logits) {
  const std::size_t length = ids_.size() + 1;
  if (length == static_cast<std::size_t>(options_.max_length)) {
    ids_.push_back(special_.end);
  } else {
    apply_rules(options_, special_.end, ids_, logits);
    ids_.push_back(draw(logits));
  }
  done_ = ids_.back() == special_.end || ids_.back() == special_.pad;
}

}  // namespace diptych::engine
