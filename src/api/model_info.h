#pragma once

#include <string>

#include "checkpoint/source/model_file.h"
#include "diptych/model.h"

namespace diptych::api {

/// Returns a model in the field's terms. `tokenizer` is left to the caller.
ModelInfo describe(std::string name, const checkpoint::ModelFile& file);

}  // namespace diptych::api
