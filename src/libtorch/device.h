#pragma once

#include <torch/torch.h>

#include <string>

namespace diptych::libtorch {

/// Throws Error(invalid_argument), in one line, for a device that this libtorch cannot use.
torch::Device device_of(const std::string& device);

}  // namespace diptych::libtorch
