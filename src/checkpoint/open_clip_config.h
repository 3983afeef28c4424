#pragma once

#include <optional>
#include <string>

#include "checkpoint/config_fields.h"
#include "checkpoint/json.h"
#include "checkpoint/model_file.h"
#include "checkpoint/model_files.h"

namespace diptych::checkpoint {

/// Reads open_clip's config: {model_cfg, preprocess_cfg} of a hub folder, or the bare model config.
/// The result has no weights. Throws Error: corrupt_data, and unsupported naming the field that
/// asks for what diptych has not.
ModelFile read_open_clip_config(const Json& json, const std::string& file);

/// The same for the config beside a checkpoint: open_clip_config.json or model_config.json; none
/// when there is neither.
std::optional<ModelFile> find_open_clip_config(const ModelFiles& files);

/// A model config's text_cfg alone, which EVA-CLIP's configs share.
network::TextTowerConfig read_open_clip_text_tower(ConfigFields fields,
                                                   network::Activation activation);

/// {model_cfg, preprocess_cfg} that read_open_clip_config and open_clip itself read back. Throws
/// Error(unsupported) for what open_clip's config cannot say.
Json write_open_clip_config(const ModelFile& model);

}  // namespace diptych::checkpoint
