#pragma once

#include <string>

#include "checkpoint/source/model_file.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// The files of diptych's own form (docs/model-format.md).
inline constexpr const char* kDiptychJson = "diptych.json";
inline constexpr const char* kWeightsFile = "model.safetensors";
/// Returns the file that holds such a tokenizer's vocabulary; null when that is always built in.
const char* vocabulary_file(TokenizerSpec::Kind kind);

/// Writes diptych.json, as docs/model-format.md describes it, of everything but the weights.
Json write_diptych_json(const ModelFile& model);

/// Reads it back; a tokenizer's own vocabulary is left to the caller. Throws Error: corrupt_data,
/// and unsupported for another version of the form or a field that it does not have.
ModelFile read_diptych_json(const Json& json, const std::string& file);

}  // namespace diptych::checkpoint
