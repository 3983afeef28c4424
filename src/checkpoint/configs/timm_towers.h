#pragma once

#include "json/config_fields.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Reads the vision_cfg of an open_clip model whose image tower is timm's: a name that stands for
/// all sizes, which `timm_model_kwargs` may change. Throws Error(unsupported) for a name or a field
/// that diptych does not know.
network::ImageTowerConfig read_timm_tower(ConfigFields& fields, int image_size);

/// Returns whether open_clip builds such a tower with timm rather than by itself: those without a
/// class token, and those whose projection has a bias.
bool is_timm_tower(const network::VisionTransformerConfig& config);

/// Writes such a config: the name for these sizes, or where there is none, the sizes.
Json write_timm_tower(const network::VisionTransformerConfig& config);
Json write_timm_tower(const network::ConvNextConfig& config);

}  // namespace diptych::checkpoint
