#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "checkpoint/source/model_file.h"

namespace diptych::checkpoint {

/// Writes diptych's own form (docs/model-format.md): model.safetensors, diptych.json and, where the
/// tokenizer has its own vocabulary, that; diptych.json last. Makes the folder. Throws
/// Error: io, and invalid_argument for weights that do not fit the config or `weights_dtype`.
void save_model_folder(const std::filesystem::path& folder, const ModelFile& model,
                       DType weights_dtype);

/// Does the same in float32, with the weights `in_panels` in panels of `width` outputs
/// (fitting/panels.h), which may be mapped and computed from.
void save_packed_folder(const std::filesystem::path& folder, const ModelFile& model,
                        const std::set<std::string>& in_panels, std::int64_t width);

/// Does the same with the weights that `model.quantisation` names in eight bits
/// (fitting/quantised.h) and the others in bfloat16.
void save_quantised_folder(const std::filesystem::path& folder, const ModelFile& model);

}  // namespace diptych::checkpoint
