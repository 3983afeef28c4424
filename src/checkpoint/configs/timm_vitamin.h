#pragma once

#include <string_view>

#include "json/config_fields.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Returns whether a name of timm's stands for a ViTamin.
bool is_timm_vitamin(std::string_view name);

/// Reads the vision_cfg of an open_clip model over a ViTamin. Throws Error(unsupported) for a name
/// or a field that diptych does not know.
network::ViTaminConfig read_timm_vitamin(ConfigFields& fields);

/// Writes such a config: the name for these sizes, or where there is none, the sizes. Throws
/// Error(unsupported) for what timm's towers are not.
Json write_timm_vitamin(const network::ViTaminConfig& config);

}  // namespace diptych::checkpoint
