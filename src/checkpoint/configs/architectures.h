#pragma once

#include <string>

#include "json/json.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Returns open_clip's architectures by name (data/architectures.json), each the model config that
/// open_clip_config.json has under "model_cfg". Thread-safe.
const Json& architectures();

/// Returns the config of a name, with or without "-quickgelu" after it; null when there is none.
const Json* find_architecture(const std::string& name);

/// Returns the first name whose model, or whose tower where there is one alone, has tensors of the
/// same shapes; empty when there is none. What shapes do not show (heads, activations, how texts
/// are pooled) is left out of account, and so is a bias of scores.
std::string architecture_of_sizes(const network::ModelConfig& config);

}  // namespace diptych::checkpoint
