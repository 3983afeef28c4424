#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/source/model_file.h"
#include "checkpoint/source/model_files.h"
#include "json/config_fields.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// What open_clip's norms add to a variance where their config says nothing.
constexpr float kOpenClipEpsilon = 1e-5F;

/// Reads open_clip's config: {model_cfg, preprocess_cfg} of a hub folder, or the bare model config.
/// What it does not say of preprocessing is `known`'s, or where nothing is, assumed. The result has
/// no weights. Throws Error: corrupt_data, and unsupported naming the field that asks for what
/// diptych has not.
ModelFile read_open_clip_config(const Json& json, const std::string& file,
                                const std::optional<Preprocessing>& known = std::nullopt);

/// Does the same for the config beside a checkpoint, open_clip_config.json or model_config.json, or
/// that of the architecture that the model is known to have; none when there is none of these. With
/// the tokenizer that lies beside it.
std::optional<ModelFile> find_open_clip_config(const ModelFiles& files);

/// Returns whether such a config lies beside the weights: one of open_clip's, not another program's
/// of the same name.
bool has_open_clip_config(const ModelFiles& files);

/// Does the same for an architecture of open_clip's (architectures.h).
ModelFile read_open_clip_architecture(const ModelFiles& files, const std::string& name);

/// Returns what a training from random weights starts with: the same for a config in a file, with
/// the tokenizer beside it, and for an architecture alone, which "-quickgelu" after its name gives
/// QuickGELU.
ModelFile read_open_clip_config_file(const std::filesystem::path& file);
ModelFile read_open_clip_architecture(const std::string& name);

/// Returns a model config's text_cfg alone, which EVA-CLIP's configs share.
network::TextTowerConfig read_open_clip_text_tower(ConfigFields fields,
                                                   network::Activation activation);

/// Returns {model_cfg, preprocess_cfg} that read_open_clip_config and open_clip itself read back.
/// Throws Error(unsupported) for what open_clip's config cannot say.
Json write_open_clip_config(const ModelFile& model);

}  // namespace diptych::checkpoint
