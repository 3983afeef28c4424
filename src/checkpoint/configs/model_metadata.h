#pragma once

#include <optional>
#include <string>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/source/model_file.h"

namespace diptych::checkpoint {

/// What the trainer's optimiser keeps beside the weights in a training checkpoint begins so.
inline constexpr std::string_view kOptimiserPrefix = "optimizer.";

/// Writes everything of a model but its weights, as text beside the tensors of a safetensors file,
/// which so is a whole model: diptych.json, and the tokenizer's own vocabulary.
Metadata write_model_metadata(const ModelFile& model);

/// Reads it back; none where the metadata is another's. Throws Error(corrupt_data).
std::optional<ModelFile> read_model_metadata(const Metadata& metadata, const std::string& file);

}  // namespace diptych::checkpoint
