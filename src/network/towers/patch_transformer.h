#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "network/operations/words.h"
#include "network/towers/tower.h"

// What image towers of one stage of blocks over patches have in common.

namespace diptych::network {

template <typename Config>
TowerDescription describe_patch_transformer(std::string_view architecture, const Config& config) {
  return {.architecture = architecture,
          .width = config.width,
          .layers = {config.layers},
          .heads = config.heads,
          .mlp_width = config.mlp_width,
          .activation = title_of(config.activation),
          .pooling = title_of(config.pooling)};
}

/// Of one picture: its rows, with a class token, are widest in the MLP or as queries, keys, values.
template <typename Config>
std::int64_t widest_of_patches(const Config& config) {
  return (1 + std::int64_t{config.grid()} * config.grid()) *
         std::max(config.mlp_width, 3 * config.width);
}

}  // namespace diptych::network
