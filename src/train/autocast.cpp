#include "train/autocast.h"

#include <ATen/autocast_mode.h>

namespace diptych::train {

Precision autocast_precision(torch::Device device) {
  return at::autocast::is_autocast_enabled(device.type()) ? Precision::amp_bf16 : Precision::fp32;
}

AutocastScope::AutocastScope(Precision precision, torch::Device device)
    : device_(device.type()), enabled_(precision == Precision::amp_bf16) {
  if (!enabled_) return;
  at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
  at::autocast::set_autocast_enabled(device_, true);
}

AutocastScope::~AutocastScope() {
  if (!enabled_) return;
  at::autocast::set_autocast_enabled(device_, false);
  at::autocast::clear_cache();
}

}  // namespace diptych::train
