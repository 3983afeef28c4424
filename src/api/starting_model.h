#pragma once

#include <string>

#include "checkpoint/source/model_file.h"
#include "diptych/model.h"

namespace diptych::api {

/// Returns the model that a training is to start from: whatever Model::load takes, with its
/// weights; or without them, an open_clip model configuration (.json) with the tokenizer's files
/// beside it, or one of open_clip's architectures by name, which say themselves what `options`
/// could state: another statement is an error. Throws Error as Model::load does.
checkpoint::ModelFile starting_model(const std::string& name, const LoadOptions& options = {});

}  // namespace diptych::api
