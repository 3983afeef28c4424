#pragma once

#include <cstdint>

#include "diptych/train_options.h"

namespace diptych::train {

/// Learning rate over a run: linear warm-up, then a cosine down to zero at `total_steps`; constant;
/// or constant, and down to `cooldown_end` over the last steps.
struct Schedule {
  enum class Kind { cosine, constant, constant_with_cooldown };
  Kind kind = Kind::cosine;
  double base = 5e-4;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 1;
  std::int64_t cooldown_steps = 0;
  double cooldown_end = 0.0;
  double cooldown_power = 1.0;  ///< of the polynomial that falls; 1 is a line

  /// Returns the rate of step 0, 1, 2, ...
  double learning_rate(std::int64_t step) const;
};

/// Returns the schedule of a run of `epochs` with so many steps each.
Schedule schedule_of(const TrainOptions& options, std::int64_t steps_per_epoch);

}  // namespace diptych::train
