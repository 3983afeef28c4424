#pragma once

#include <string>

#include "checkpoint/source/model_file.h"

namespace diptych::checkpoint {

/// Returns what OpenAI's own loader and ours infer from the weights of one of their models; without
/// weights. Throws Error(invalid_argument).
ModelFile describe_openai(const TensorMap& tensors, const std::string& weights_name);

}  // namespace diptych::checkpoint
