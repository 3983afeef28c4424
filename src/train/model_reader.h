#pragma once

#include <functional>
#include <string>

#include "checkpoint/source/model_file.h"

namespace diptych::train {

/// Reads the model of a name that the options give: the one that a training starts from, without
/// weights where it starts from random ones, or the one that teaches it.
using ModelReader = std::function<checkpoint::ModelFile(const std::string& name)>;

}  // namespace diptych::train
