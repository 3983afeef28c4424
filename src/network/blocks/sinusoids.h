#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace diptych::network {

/// Returns positions as waves of many lengths (arXiv 1706.03762, section 3.5): row i holds the
/// sines of positions[i] at width / 2 frequencies from 1 to 1 / 10000, then the cosines, as fairseq
/// orders them. In float32 throughout, which is how the weights that count on them were trained.
/// `width` is even and at least 4.
std::vector<float> sinusoids(std::span<const std::int32_t> positions, int width);

}  // namespace diptych::network
