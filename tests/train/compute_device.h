#pragma once

#include "support/test_device.h"
#include "train/device.h"

namespace diptych::test {

/// Returns the device that tests compute on with libtorch.
inline torch::Device device() {
  return train::device_of(test_device());
}

}  // namespace diptych::test
