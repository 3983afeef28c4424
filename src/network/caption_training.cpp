#include "network/caption_training.h"

#include <algorithm>

namespace diptych::network {
namespace {

/// The id after every token of a text, of which the last one, its class token, is left out.
std::vector<std::int32_t> next_ids(const TextTransformer& tower, const Tokens& tokens, int first,
                                   int words) {
  std::vector<std::int32_t> next;
  for (int row = first; row + 1 < first + words; ++row) {
    const auto here = static_cast<std::size_t>(row);
    const std::int32_t id = tokens.ids[here + 1];
    const bool neighbour = tokens.places[here + 1] == tokens.places[here] + 1;
    next.push_back(neighbour && id != tower.config.pad_id ? id : CaptionTargets::kNothing);
  }
  while (!next.empty() && next.back() == CaptionTargets::kNothing) next.pop_back();
  return next;
}

}  // namespace

std::int64_t CaptionTargets::count() const {
  return std::ranges::count_if(next, [](std::int32_t id) { return id != kNothing; });
}

CaptionTargets caption_targets(const TextTransformer& tower, const Tokens& tokens) {
  CaptionTargets targets;
  for (int i = 0; i < tokens.sequences.count(); ++i) {
    const int first = tokens.sequences.begin(i);
    const auto next = next_ids(tower, tokens, first, tokens.sequences.length(i) - 1);
    for (std::size_t k = 0; k < next.size(); ++k)
      targets.rows.push_back(first + static_cast<std::int32_t>(k));
    targets.next.insert(targets.next.end(), next.begin(), next.end());
    targets.sequences.append(static_cast<int>(next.size()));
  }
  return targets;
}

}  // namespace diptych::network
