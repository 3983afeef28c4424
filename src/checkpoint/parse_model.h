#pragma once

#include <string>

#include "checkpoint/container.h"
#include "checkpoint/families.h"
#include "checkpoint/model_file.h"
#include "checkpoint/model_files.h"

namespace diptych::checkpoint {

inline constexpr const char* kWeightsFile = "model.safetensors";

/// A checkpoint before its weights are put in their places: the first step of loading.
struct ParsedModel {
  ModelFile model;  ///< without weights
  Container container;
  const Family* family = nullptr;
  std::string weights_name;  ///< for messages
};

/// Reads the checkpoint, recognises its family and reads or infers its config. Throws Error as
/// load_model_file.
ParsedModel parse_model(const ModelFiles& files);

/// The second step: the config describes a model that can be, and its preprocessing fits it. Throws
/// Error(invalid_argument).
void validate_model(const ParsedModel& parsed);

/// What OpenAI's own loader and ours infer from the weights of one of their models; without
/// weights. Throws Error(invalid_argument).
ModelFile describe_openai(const TensorMap& tensors, const std::string& weights_name);

}  // namespace diptych::checkpoint
