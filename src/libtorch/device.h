#pragma once

#include <torch/torch.h>

#include <string>

namespace diptych::libtorch {

/// Throws Error(invalid_argument), in one line, for a device that this libtorch cannot use.
torch::Device device_of(const std::string& device);

/// Makes a device without a number, "cuda", that of a process's number on its machine, in turns
/// where there are fewer; does nothing for others. Throws as device_of.
void take_device(const std::string& device, int process);

}  // namespace diptych::libtorch
