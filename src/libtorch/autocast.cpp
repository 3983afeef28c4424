#include "libtorch/autocast.h"

#include <ATen/autocast_mode.h>

namespace diptych::libtorch {

Autocast current_autocast(torch::Device device) {
  return at::autocast::is_autocast_enabled(device.type()) ? Autocast::bfloat16 : Autocast::off;
}

AutocastScope::AutocastScope(Autocast autocast, torch::Device device)
    : device_(device.type()), enabled_(autocast == Autocast::bfloat16) {
  if (!enabled_) return;
  at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
  at::autocast::set_autocast_enabled(device_, true);
}

AutocastScope::~AutocastScope() {
  if (!enabled_) return;
  at::autocast::set_autocast_enabled(device_, false);
  at::autocast::clear_cache();
}

}  // namespace diptych::libtorch
