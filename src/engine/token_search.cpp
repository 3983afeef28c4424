#include "engine/token_search.h"

#include <limits>

#include "engine/beam_search.h"
#include "engine/token_sampling.h"

namespace diptych::engine {

int beams_per_group(const CaptionOptions& options) {
  return options.search == CaptionSearch::beams ? options.beams / options.beam_groups : 1;
}

std::unique_ptr<TokenSearch> make_token_search(const CaptionOptions& options, const CaptionIds& ids,
                                               std::uint64_t stream) {
  if (options.search == CaptionSearch::beams) return std::make_unique<BeamSearch>(options, ids);
  return std::make_unique<TokenSampling>(options, ids, stream);
}

void apply_rules(const CaptionOptions& options, std::int32_t end,
                 std::span<const std::int32_t> caption, std::span<float> logits) {
  if (caption.size() < static_cast<std::size_t>(options.min_length))
    logits[static_cast<std::size_t>(end)] = -std::numeric_limits<float>::infinity();
  if (options.repetition_penalty == 1.0F) return;
  // A token that comes several times is penalised once.
  std::vector<float> penalised;
  for (const std::int32_t id : caption) {
    const float logit = logits[static_cast<std::size_t>(id)];
    penalised.push_back(logit < 0.0F ? logit * options.repetition_penalty
                                     : logit / options.repetition_penalty);
  }
  for (std::size_t i = 0; i < caption.size(); ++i)
    logits[static_cast<std::size_t>(caption[i])] = penalised[i];
}

}  // namespace diptych::engine
