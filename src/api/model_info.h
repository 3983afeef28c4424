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

/// Throws Error(invalid_argument) with everything about a model that its files do not state and
/// that had to be assumed, when there is any.
void refuse_assumptions(const checkpoint::ModelFile& file, const std::string& name);

}  // namespace diptych::api
