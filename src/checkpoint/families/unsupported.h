#pragma once

#include <string>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// The model or tower that these names are known to be of and that diptych cannot compute, for a
/// message: "AltCLIP (transformers)"; empty for names that are not known.
std::string unsupported_family(const TensorMap& tensors);

/// A tower of OpenAI's or open_clip's alone, for a message; empty for both together and for names
/// of others.
std::string lone_tower(const TensorMap& tensors);

}  // namespace diptych::checkpoint
