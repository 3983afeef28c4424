#pragma once

#include <torch/torch.h>

namespace diptych::train {

enum class Precision {
  fp32,
  amp_bf16,  ///< autocast: matrix products and convolutions in bfloat16
};

/// Returns the precision of the autocast that this thread is in.
Precision autocast_precision(torch::Device device);

/// Autocast on the device for the scope and this thread, when the precision asks for it.
class AutocastScope {
 public:
  AutocastScope(Precision precision, torch::Device device);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  torch::DeviceType device_;
  bool enabled_;
};

}  // namespace diptych::train
