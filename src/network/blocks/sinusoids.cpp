#include "network/blocks/sinusoids.h"

#include <cmath>

namespace diptych::network {

std::vector<float> sinusoids(std::span<const std::int32_t> positions, int width) {
  const int half = width / 2;
  const auto step = static_cast<float>(std::log(10000.0) / (half - 1));
  const auto columns = static_cast<std::size_t>(width);
  std::vector<float> values(positions.size() * columns);
  for (int i = 0; i < half; ++i) {
    const float frequency = std::exp(static_cast<float>(i) * -step);
    for (std::size_t row = 0; row < positions.size(); ++row) {
      const float angle = static_cast<float>(positions[row]) * frequency;
      values[row * columns + static_cast<std::size_t>(i)] = std::sin(angle);
      values[row * columns + static_cast<std::size_t>(half + i)] = std::cos(angle);
    }
  }
  return values;
}

}  // namespace diptych::network
