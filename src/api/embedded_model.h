#pragma once

#include <vector>

#include "checkpoint/containers/container.h"

namespace diptych::api {

/// The files of the model folder built into the program; none when it was built without one.
std::vector<checkpoint::SourceFile> embedded_files();

}  // namespace diptych::api
