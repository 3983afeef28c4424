#pragma once

#include <string>

#include "checkpoint/source/model_file.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// Reads a model's config as EVA-CLIP's program has it. The result has no weights; its
/// preprocessing is the one that the program has for all its models. Throws Error: corrupt_data,
/// and unsupported naming the field that asks for what diptych has not.
ModelFile read_eva_config(const Json& json, const std::string& file);

/// Returns a config that read_eva_config and EVA-CLIP itself read back. Throws Error(unsupported)
/// for what it cannot say.
Json write_eva_config(const ModelFile& model);

}  // namespace diptych::checkpoint
