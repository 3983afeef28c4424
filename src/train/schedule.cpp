#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diptych::train {

double Schedule::learning_rate(std::int64_t step) const {
  if (step < warmup_steps) {
    return base * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  if (kind == Kind::constant) return base;
  const auto decay_steps =
      static_cast<double>(std::max<std::int64_t>(1, total_steps - warmup_steps));
  const double done = static_cast<double>(step - warmup_steps) / decay_steps;
  return 0.5 * base * (1.0 + std::cos(std::numbers::pi * std::min(1.0, done)));
}

}  // namespace diptych::train
