#pragma once

#include <string>
#include <vector>

#include "diptych/train_options.h"
#include "network/model.h"

namespace diptych::train {

/// Returns whether one of the globs (`*`, `?`, `[a-z]`) fits a parameter's name.
bool fits_any(const std::string& name, const std::vector<std::string>& globs);

/// Throws Error(invalid_argument) for a glob among the options that fits no parameter of the model,
/// those that adapters add included, and for globs that leave nothing of what they are exceptions
/// to: no trained matrix with a decay, or that Muon moves.
void check_parameter_globs(const TrainOptions& options, const network::Model& model);

}  // namespace diptych::train
