#pragma once

#include "libtorch/device.h"
#include "support/test_device.h"

namespace diptych::test {

/// Returns the device that tests compute on with libtorch.
inline torch::Device device() {
  return libtorch::device_of(test_device());
}

}  // namespace diptych::test
