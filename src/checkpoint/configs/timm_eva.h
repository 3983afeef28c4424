#pragma once

#include <string_view>

#include "json/config_fields.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Returns whether a name of timm's stands for one of its EVA towers, of which PE-Core's are some.
bool is_timm_eva(std::string_view name);

/// Reads the vision_cfg of an open_clip model over such a tower. Throws Error(unsupported) for a
/// name or a field that diptych does not know.
network::EvaTransformerConfig read_timm_eva(ConfigFields& fields, int image_size);

/// Writes such a config: the name for these sizes, or where there is none, the sizes. Throws
/// Error(unsupported) for what timm's towers are not.
Json write_timm_eva(const network::EvaTransformerConfig& config);

}  // namespace diptych::checkpoint
