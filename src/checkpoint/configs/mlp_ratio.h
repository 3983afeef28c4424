#pragma once

#include "json/config_fields.h"

namespace diptych::checkpoint {

/// Returns the MLP's width that a config's `mlp_ratio` (4 when absent) gives: int(width * ratio),
/// as open_clip and timm compute it. Throws Error(corrupt_data) for a ratio that gives none.
int read_mlp_width(ConfigFields& fields, int width);

/// Reads what `timm_model_kwargs` may change of a tower's blocks: their number, heads, width and
/// MLP.
template <typename Config>
void read_block_changes(ConfigFields& changes, Config& config) {
  config.layers = changes.integer("depth", config.layers);
  config.heads = changes.integer("num_heads", config.heads);
  if (changes.has("embed_dim") || changes.has("mlp_ratio")) {
    config.width = changes.integer("embed_dim", config.width);
    config.mlp_width = read_mlp_width(changes, config.width);
  }
}

/// Returns the ratio that int(width * ratio) turns back into the MLP's width.
double mlp_ratio(int width, int mlp_width);

}  // namespace diptych::checkpoint
