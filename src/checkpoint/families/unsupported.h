#pragma once

#include <string>

#include "tensor/tensor.h"

namespace diptych::checkpoint {

/// Returns the model or tower that these names are known to be of and that diptych cannot compute,
/// for a message: "AltCLIP (transformers)"; empty for names that are not known.
std::string unsupported_family(const TensorMap& tensors);

/// Does the same of whole models alone, of which one tower may have a known family's names.
std::string unsupported_model(const TensorMap& tensors);

}  // namespace diptych::checkpoint
