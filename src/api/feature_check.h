#pragma once

#include <span>
#include <string>

#include "network/operations/sequences.h"
#include "tensor/tensor.h"

namespace diptych::api {

// What a model makes of good inputs are numbers that tell them apart, unless it is broken. No score
// would show that it is: zeros and equal features rank labels as any others do.

/// Throws Error(corrupt_data) for features [inputs, width] of which one is NaN or infinite, or an
/// input's are zeros alone. `model` stands for the model in messages.
void check_features(const TensorBuffer& features, const std::string& model);

/// Throws Error(corrupt_data) when all pictures have the same features although two of them are
/// plainly different.
void check_told_apart(const TensorBuffer& features, const network::Pixels& pixels,
                      const std::string& model);

/// Does the same for texts whose ids differ.
void check_told_apart(const TensorBuffer& features, const network::Tokens& tokens,
                      const std::string& model);

}  // namespace diptych::api
