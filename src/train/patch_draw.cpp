#include "train/patch_draw.h"

#include <algorithm>

#include "base/random.h"
#include "train/run_data.h"

namespace diptych::train {

int kept_patches(const TrainOptions& options, const network::Model& model) {
  const int patches = network::patch_count(model.config.image);
  return std::max(1, static_cast<int>(patches * (1.0 - options.patch_dropout)));
}

std::optional<network::PatchSelection> draw_patches(const TrainOptions& options,
                                                    const network::Model& model, const Batch& batch,
                                                    std::int64_t step) {
  if (options.patch_dropout == 0.0) return std::nullopt;
  const int patches = network::patch_count(model.config.image);
  const int kept = kept_patches(options, model);
  constexpr std::uint64_t kFirstStream = 1;
  Random random(options.seed, kFirstStream + static_cast<std::uint64_t>(step));
  const auto all = network::PatchSelection::random(
      pairs_per_step(options), patches, kept,
      [&random](std::uint64_t bound) { return random.below(bound); });
  network::PatchSelection own{.sequences = network::Sequences::uniform(batch.pairs(), kept)};
  for (const std::int32_t place : batch.places) {
    const auto first = all.patches.begin() + all.sequences.begin(place);
    own.patches.insert(own.patches.end(), first, first + kept);
  }
  return own;
}

}  // namespace diptych::train
