#pragma once

#include <cstdint>

namespace diptych::train {

/// Learning rate over a run: linear warm-up, then a cosine down to zero at `total_steps`, or
/// constant.
struct Schedule {
  enum class Kind { cosine, constant };
  Kind kind = Kind::cosine;
  double base = 5e-4;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 1;

  /// The rate of step 0, 1, 2, ...
  double learning_rate(std::int64_t step) const;
};

}  // namespace diptych::train
