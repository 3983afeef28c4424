#pragma once

#include <algorithm>
#include <cstdint>

// What image towers of one stage of blocks over patches have in common.

namespace diptych::network {

/// Returns the widest activation of one picture: its rows, with a class token, are widest in the
/// MLP or as queries, keys, values.
template <typename Config>
std::int64_t widest_of_patches(const Config& config) {
  return (1 + std::int64_t{config.grid()} * config.grid()) *
         std::max(config.mlp_width, 3 * config.width);
}

}  // namespace diptych::network
