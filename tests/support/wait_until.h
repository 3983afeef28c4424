#pragma once

#include <functional>
#include <thread>

namespace diptych::test {

/// Returns when `holds` does; never, where it never does, which ctest's time limit ends.
inline void wait_until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::yield();
}

}  // namespace diptych::test
