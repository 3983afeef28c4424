#pragma once

#include <string_view>

#include "json/config_fields.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Returns whether a name of timm's stands for SigLIP 2's NaFlex tower.
bool is_timm_naflex(std::string_view name);

/// Reads the vision_cfg of an open_clip model over a NaFlex tower. Throws Error(unsupported) for a
/// name or a field that diptych does not know.
network::NaflexTransformerConfig read_timm_naflex(ConfigFields& fields, int image_size);

/// Writes such a config: the name for these sizes, or where there is none, the sizes. Throws
/// Error(unsupported) for a tower that the config cannot say.
Json write_timm_naflex(const network::NaflexTransformerConfig& config);

}  // namespace diptych::checkpoint
