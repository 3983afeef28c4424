#pragma once

#include <string>

#include "checkpoint/container.h"
#include "checkpoint/families.h"
#include "checkpoint/json.h"
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

/// The second step: the config describes a model that can be, and its preprocessing fits it; layers
/// that are stored as branches are fused. Throws Error(invalid_argument).
void validate_model(ParsedModel& parsed);

// for the families

Json read_json(const ModelFiles& files, const std::string& file);

/// The config that the shapes of a family's tensors imply (infer_config.h).
network::ModelConfig infer_config(const TensorMap& tensors, const Family& family,
                                  network::Activation activation, const std::string& weights_name,
                                  const StatedFacts& stated = {});

}  // namespace diptych::checkpoint
