#pragma once

#include <string>

#include "checkpoint/source/known_facts.h"
#include "checkpoint/source/model_file.h"
#include "network/config.h"

namespace diptych::checkpoint {

/// Returns whether a config's towers have the heads that are stated.
bool has_heads(const network::ModelConfig& config, const StatedFacts& facts);

/// Returns whether the heads of every tower that there is are stated.
bool has_stated_heads(const network::ModelConfig& config, const StatedFacts& facts);

/// Gives the towers that listen to open_clip's switch QuickGELU, or GELU.
void set_quick_gelu(network::ModelConfig& config, bool quick);

/// Throws Error(invalid_argument) when the files say something else.
void check_known_facts(const KnownFacts& facts, const ModelFile& model);
void check_stated_facts(const StatedFacts& facts, const ModelFile& model, const std::string& name);

}  // namespace diptych::checkpoint
