#pragma once

#include "json/config_fields.h"
#include "json/json.h"
#include "network/config.h"

// The towers in diptych.json, as their configs' `visit` names their fields.

namespace diptych::checkpoint {

Json write_tower(const network::ImageTowerConfig& config);
Json write_tower(const network::TextTowerConfig& config);
Json write_decoder(const network::MultimodalDecoderConfig& config);

/// Reads what write_tower writes: `TowerConfig` is network::ImageTowerConfig or TextTowerConfig.
/// Throws Error: corrupt_data for a wrong or missing field, and unsupported for an architecture, a
/// word or a field that is not known.
template <typename TowerConfig>
TowerConfig read_tower(ConfigFields fields);
template <>
network::ImageTowerConfig read_tower(ConfigFields fields);
template <>
network::TextTowerConfig read_tower(ConfigFields fields);
network::MultimodalDecoderConfig read_decoder(ConfigFields fields);

}  // namespace diptych::checkpoint
