#pragma once

#include <string>

#include "checkpoint/model_file.h"
#include "checkpoint/parse_model.h"

namespace diptych::checkpoint {

/// What OpenAI's own loader and ours infer from the weights of one of their models; without
/// weights. Throws Error(invalid_argument).
ModelFile describe_openai(const TensorMap& tensors, const std::string& weights_name);

/// Reads the config beside the weights of a family that cannot be inferred: CoCa, or an image tower
/// of timm's. Throws Error(unsupported) when there is none.
ModelFile parse_stated_open_clip(const ModelFiles& files, const ParsedModel& parsed);

}  // namespace diptych::checkpoint
