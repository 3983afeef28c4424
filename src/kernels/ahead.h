#pragma once

#include <cstddef>

namespace diptych::kernels {

/// Cache lines of weights that are multiplied next, to be asked for while others are multiplied:
/// where few rows share weights, they come from memory more slowly than they are multiplied.
struct Ahead {
  const void* first = nullptr;
  int lines = 0;

  static constexpr int kLineBytes = 64;

  /// Asks for a line, into the second-level cache; after the last one, for nothing.
  void ask(int line) const {
    constexpr int kIntoSecondLevel = 2;
    if (line >= lines) return;
    __builtin_prefetch(static_cast<const char*>(first) + std::ptrdiff_t{line} * kLineBytes, 0,
                       kIntoSecondLevel);
  }
  /// Returns one of so many equal parts.
  Ahead part(int number, int parts) const {
    const int begin = lines * number / parts;
    return {static_cast<const char*>(first) + std::ptrdiff_t{begin} * kLineBytes,
            lines * (number + 1) / parts - begin};
  }
};

}  // namespace diptych::kernels
