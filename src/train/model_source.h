#pragma once

#include <functional>

#include "checkpoint/source/model_file.h"

namespace diptych::train {

/// Reads the model that a training starts from; without weights where it starts from random ones.
using ModelSource = std::function<checkpoint::ModelFile()>;

}  // namespace diptych::train
