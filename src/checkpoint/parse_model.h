#pragma once

#include <string>

#include "checkpoint/containers/container.h"
#include "checkpoint/families/family.h"
#include "checkpoint/source/model_files.h"

namespace diptych::checkpoint {

/// Recognises the family of the checkpoint that `container` was read from, and reads or infers its
/// config. Throws Error as load_model_file.
ParsedModel parse_model(const ModelFiles& files, Container container);

/// Returns the types of the tensors' elements, that of most tensors first: "float16, float32".
std::string describe_dtypes(const TensorMap& tensors);

}  // namespace diptych::checkpoint
