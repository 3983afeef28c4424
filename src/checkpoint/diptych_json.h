#pragma once

#include <string>

#include "checkpoint/json.h"
#include "checkpoint/model_file.h"

namespace diptych::checkpoint {

inline constexpr const char* kDiptychJson = "diptych.json";
/// The file that holds such a tokenizer's vocabulary; null when that is always built in.
const char* vocabulary_file(TokenizerSpec::Kind kind);

/// diptych.json, as docs/model-format.md describes it, of everything but the weights.
Json write_diptych_json(const ModelFile& model);

/// The reverse; a tokenizer's own vocabulary is left to the caller. Throws Error: corrupt_data, and
/// unsupported for another version of the form or a field that it does not have.
ModelFile read_diptych_json(const Json& json, const std::string& file);

}  // namespace diptych::checkpoint
