#pragma once

#include <string>

#include "checkpoint/source/model_file.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// Sets what every model of Chinese-CLIP has in common: its tokenizer and its preprocessing, both
/// sides resized and nothing cropped.
void bind_chinese_clip(ModelFile& model);

/// Reads {"vision": ..., "text": ...}, each with the fields of a file in Chinese-CLIP's
/// clip/model_configs. The result has no weights. Throws Error: corrupt_data, and unsupported
/// naming the field.
ModelFile read_chinese_clip_config(const Json& json, const std::string& file);

/// Writes such a config. What the form cannot say is left out: reading it back tells.
Json write_chinese_clip_config(const network::ModelConfig& config);

}  // namespace diptych::checkpoint
