#pragma once

#include <vector>

#include "checkpoint/containers/container.h"

namespace diptych::api {

/// Returns the files of the model folder built into the program; none when it was built without
/// one.
std::vector<checkpoint::FileBytes> embedded_files();

}  // namespace diptych::api
