#pragma once

#include <torch/torch.h>

#include <string>

#include "tensor/tensor.h"

namespace diptych::train {

/// Copies a checkpoint's tensor into one of the same shape. Throws Error(corrupt_data) when `map`
/// has none of this name and shape.
void restore_tensor(const TensorMap& map, const std::string& name, torch::Tensor& into);

}  // namespace diptych::train
