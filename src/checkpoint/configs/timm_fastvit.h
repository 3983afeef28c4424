#pragma once

#include <string_view>

#include "json/config_fields.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Returns whether a name of timm's stands for a FastViT.
bool is_timm_fastvit(std::string_view name);

/// Reads the vision_cfg of an open_clip model over one of MobileCLIP's FastViTs. Throws
/// Error(unsupported) for a name or a field that diptych does not know.
network::FastVitConfig read_timm_fastvit(ConfigFields& fields, int image_size);

}  // namespace diptych::checkpoint
