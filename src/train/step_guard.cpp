#include "train/step_guard.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace diptych::train {
namespace {

const std::string kGuardState = "optimizer.guard";
/// Steps whose mean is trusted: the first ones of a training have large gradients anyhow.
constexpr std::int64_t kTrustedSteps = 20;
/// How many steps the mean looks back, roughly.
constexpr double kMemory = 100.0;

}  // namespace

bool StepGuard::is_spike(double gradient_norm) const {
  return spike_factor_ > 0.0 && accepted_ >= kTrustedSteps &&
         gradient_norm > spike_factor_ * mean_norm_;
}

bool StepGuard::accepts(double loss, double gradient_norm) {
  if (!std::isfinite(loss) || !std::isfinite(gradient_norm) || is_spike(gradient_norm)) {
    ++skipped_;
    ++in_a_row_;
    return false;
  }
  in_a_row_ = 0;
  ++accepted_;
  const double weight = 1.0 / std::min(kMemory, static_cast<double>(accepted_));
  // As it is saved, so that a resumed run decides as one that was not stopped.
  mean_norm_ = static_cast<float>(mean_norm_ + weight * (gradient_norm - mean_norm_));
  return true;
}

void StepGuard::save(TensorMap& map) const {
  const std::array<float, 4> values = {
      static_cast<float>(mean_norm_),
      static_cast<float>(std::min<std::int64_t>(accepted_, std::llround(kMemory))),
      static_cast<float>(skipped_), static_cast<float>(in_a_row_)};
  map.add(kGuardState, TensorBuffer(Shape{4}, std::span<const float>(values)));
}

void StepGuard::load(const TensorMap& map) {
  const auto found = map.tensors.find(kGuardState);
  if (found == map.tensors.end() || found->second.shape != Shape{4}) return;
  const std::vector<float> values = to_floats(found->second);
  mean_norm_ = values[0];
  accepted_ = std::llround(values[1]);
  skipped_ = std::llround(values[2]);
  in_a_row_ = std::llround(values[3]);
}

}  // namespace diptych::train
