#pragma once

#include <string>

#include "checkpoint/source/model_file.h"
#include "diptych/model.h"
#include "network/operations/parameters.h"

namespace diptych::api {

/// Returns a model in the field's terms; `parameters` are its own. `tokenizer` is left to the
/// caller.
ModelInfo describe(std::string name, const checkpoint::ModelFile& file,
                   const network::ParameterTable& parameters);

}  // namespace diptych::api
