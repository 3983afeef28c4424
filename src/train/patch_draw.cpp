#include "train/patch_draw.h"

#include <algorithm>

#include "base/random.h"

namespace diptych::train {

std::optional<network::PatchSelection> draw_patches(const TrainOptions& options,
                                                    const network::Model& model, int pictures,
                                                    std::int64_t step) {
  if (options.patch_dropout == 0.0) return std::nullopt;
  const int patches = network::patch_count(model.config.image);
  const int kept = std::max(1, static_cast<int>(patches * (1.0 - options.patch_dropout)));
  constexpr std::uint64_t kFirstStream = 1;
  Random random(options.seed, kFirstStream + static_cast<std::uint64_t>(step));
  return network::PatchSelection::random(
      pictures, patches, kept, [&random](std::uint64_t bound) { return random.below(bound); });
}

}  // namespace diptych::train
