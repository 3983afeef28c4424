#pragma once

#include <string>

#include "checkpoint/json.h"
#include "checkpoint/model_file.h"

namespace diptych::checkpoint {

/// Reads config.json of a transformers CLIPModel. The result has no weights and CLIP's default
/// preprocessing, with an assumption that says so. Throws Error: corrupt_data, and unsupported
/// naming the field.
ModelFile read_huggingface_config(const Json& json, const std::string& file);

/// Reads preprocessor_config.json of a CLIPImageProcessor. Throws Error likewise.
Preprocessing read_huggingface_preprocessing(const Json& json, int image_size,
                                             const std::string& file);

/// The reverse of both. They throw Error(unsupported), naming it, for what a CLIPModel or its
/// processor cannot be told.
Json write_huggingface_config(const ModelFile& model);
Json write_huggingface_preprocessing(const Preprocessing& preprocessing);

}  // namespace diptych::checkpoint
