#include "network/towers/naflex_transformer.h"

#include <algorithm>
#include <cmath>

#include "network/blocks/resized_grid.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

PictureSize places_of(const NaflexTransformerConfig& config, const PictureSize& size) {
  return {size.height / config.patch_size, size.width / config.patch_size};
}

}  // namespace

bool NaflexTransformerConfig::takes(const PictureSize& size) const {
  const PictureSize places = places_of(*this, size);
  return size.height % patch_size == 0 && size.width % patch_size == 0 && places.height > 0 &&
         places.width > 0 && std::int64_t{places.height} * places.width <= most_patches();
}

void validate_tower(const NaflexTransformerConfig& config, int embedding_width) {
  check_patches(config);
  check_divides("the patch size", config.patch_size, "image_size", config.image_size);
  check_transformer("vision", config);
  check_range("position grid", config.position_grid, 1, kMaxImageSize);
  check_projection("vision width", Projection::none, config.width, embedding_width);
}

TowerDescription describe_tower(const NaflexTransformerConfig& config) {
  return describe_transformer("NaFlex transformer", title_of(ImagePooling::map), config);
}

std::int64_t widest_activation(const NaflexTransformer& tower) {
  const NaflexTransformerConfig& config = tower.config;
  return config.most_patches() * std::max(config.mlp_width, 3 * config.width);
}

NaflexTransformer declare_tower(ParameterTable& table, const NaflexTransformerConfig& config,
                                int /*embedding_width*/) {
  NaflexTransformer tower{.config = config};
  tower.patch_embedding = declare_patch_embedding(
      table, {.patch_size = config.patch_size,
              .grid = config.position_grid,
              .width = config.width,
              .class_token = false,
              .bias = true,
              .deviation = 1.0F / std::sqrt(static_cast<float>(config.width))});
  tower.blocks = declare_residual_blocks(table, "visual.transformer.resblocks",
                                         residual_blocks_config(config));
  tower.norm_post = declare_norm(table, "visual.ln_post", config.width, config.norm_epsilon);
  tower.query_pool = declare_map_pool(table, "visual.attn_pool", map_pool_config(config));
  return tower;
}

Sequences patches_of(const NaflexTransformerConfig& config, const Pixels& pixels) {
  Sequences sequences;
  for (int i = 0; i < pixels.batch; ++i) {
    const PictureSize places = places_of(config, pixels.size(i));
    sequences.append(places.height * places.width);
  }
  return sequences;
}

RowMixture positions_of(const NaflexTransformerConfig& config, const Pixels& pixels) {
  RowMixture mixture;
  for (int i = 0; i < pixels.batch; ++i)
    append_resized_grid(config.position_grid, places_of(config, pixels.size(i)), mixture);
  return mixture;
}

}  // namespace diptych::network
