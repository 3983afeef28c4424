#pragma once

#include <torch/torch.h>

namespace diptych::libtorch {

/// What libtorch computes in less than float32.
enum class Autocast {
  off,
  bfloat16,  ///< matrix products and convolutions in bfloat16
};

/// Returns the autocast that this thread is in on the device.
Autocast current_autocast(torch::Device device);

/// Turns autocast on for this thread and scope on the device, unless it is off.
class AutocastScope {
 public:
  AutocastScope(Autocast autocast, torch::Device device);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  torch::DeviceType device_;
  bool enabled_;
};

}  // namespace diptych::libtorch
