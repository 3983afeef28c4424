#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diptych::train {
namespace {

Schedule::Kind kind_of(const std::string& name) {
  if (name == "const") return Schedule::Kind::constant;
  return name == "cosine" ? Schedule::Kind::cosine : Schedule::Kind::constant_with_cooldown;
}

std::int64_t warmup_steps(const TrainOptions& options, std::int64_t total_steps) {
  if (options.warmup_samples > 0) {
    const double pairs = static_cast<double>(options.batch_size) * options.accum_freq;
    return static_cast<std::int64_t>(
        std::ceil(static_cast<double>(options.warmup_samples) / pairs));
  }
  if (options.warmup_share > 0.0)
    return std::llround(options.warmup_share * static_cast<double>(total_steps));
  return options.warmup;
}

}  // namespace

double Schedule::learning_rate(std::int64_t step) const {
  if (step < warmup_steps) {
    return base * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  if (kind == Kind::constant) return base;
  const std::int64_t falls_from =
      kind == Kind::cosine ? warmup_steps : total_steps - cooldown_steps;
  if (step < falls_from) return base;
  const auto steps = static_cast<double>(std::max<std::int64_t>(1, total_steps - falls_from));
  const double done = std::min(1.0, static_cast<double>(step - falls_from) / steps);
  if (kind == Kind::cosine) return 0.5 * base * (1.0 + std::cos(std::numbers::pi * done));
  return cooldown_end + (base - cooldown_end) * std::pow(1.0 - done, cooldown_power);
}

Schedule schedule_of(const TrainOptions& options, std::int64_t steps_per_epoch) {
  const std::int64_t total_steps = steps_per_epoch * options.epochs;
  return {.kind = kind_of(options.schedule),
          .base = options.learning_rate,
          .warmup_steps = warmup_steps(options, total_steps),
          .total_steps = total_steps,
          .cooldown_steps = steps_per_epoch * options.cooldown_epochs,
          .cooldown_end = options.cooldown_end,
          .cooldown_power = options.cooldown_power};
}

}  // namespace diptych::train
