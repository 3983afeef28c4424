#pragma once

#include <cstdlib>
#include <string>

namespace diptych::test {

/// Returns the device that the tests of training compute on: what DIPTYCH_TEST_DEVICE names, or
/// "cpu". No test names another one.
inline std::string test_device() {
  const char* name = std::getenv("DIPTYCH_TEST_DEVICE");
  return name == nullptr || *name == '\0' ? "cpu" : name;
}

}  // namespace diptych::test
