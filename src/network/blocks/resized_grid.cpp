#include "network/blocks/resized_grid.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace diptych::network {
namespace {

/// What of a row or column of places makes one of another number of places.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

/// A triangle as wide as a new place, at least as an old one, around the new place's centre.
Taps taps_of(int place, int places, int side) {
  const float scale = static_cast<float>(side) / static_cast<float>(places);
  const float support = std::max(scale, 1.0F);
  const float centre = scale * (static_cast<float>(place) + 0.5F);
  Taps taps{.first = std::max(static_cast<int>(centre - support + 0.5F), 0), .weights = {}};
  const int end = std::min(static_cast<int>(centre + support + 0.5F), side);
  float sum = 0.0F;
  for (int i = taps.first; i < end; ++i) {
    const float distance = (static_cast<float>(i) - centre + 0.5F) / support;
    taps.weights.push_back(std::max(1.0F - std::abs(distance), 0.0F));
    sum += taps.weights.back();
  }
  for (float& weight : taps.weights) weight /= sum;
  return taps;
}

}  // namespace

void append_resized_grid(int side, PictureSize places, RowMixture& mixture) {
  for (int y = 0; y < places.height; ++y) {
    const Taps down = taps_of(y, places.height, side);
    for (int x = 0; x < places.width; ++x) {
      const Taps across = taps_of(x, places.width, side);
      for (std::size_t i = 0; i < down.weights.size(); ++i) {
        for (std::size_t j = 0; j < across.weights.size(); ++j) {
          const float weight = down.weights[i] * across.weights[j];
          if (weight == 0.0F) continue;
          mixture.rows.push_back((down.first + static_cast<int>(i)) * side + across.first +
                                 static_cast<int>(j));
          mixture.weights.push_back(weight);
        }
      }
      mixture.offsets.push_back(static_cast<std::int32_t>(mixture.rows.size()));
    }
  }
}

}  // namespace diptych::network
