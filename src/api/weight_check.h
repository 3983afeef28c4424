#pragma once

#include <string>
#include <vector>

#include "api/model_implementation.h"

namespace diptych::api {

/// Reads all weights of a model, a tensor at a time, and returns what their numbers give away
/// (network::WeightFindings). Throws Error(corrupt_data), naming the tensor, for NaN and infinity.
std::vector<std::string> check_weights(const Model::Implementation& model);

}  // namespace diptych::api
