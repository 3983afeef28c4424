#pragma once

#include "checkpoint/containers/container.h"
#include "checkpoint/families/family.h"
#include "checkpoint/source/model_files.h"

namespace diptych::checkpoint {

/// Recognises the family of the checkpoint that `container` was read from, and reads or infers its
/// config. Throws Error as load_model_file.
ParsedModel parse_model(const ModelFiles& files, Container container);

}  // namespace diptych::checkpoint
