#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace diptych::train {

/// Which steps are taken: those of finite losses and gradients, and, where it is asked for, of
/// gradients that are no spike beside those before.
class StepGuard {
 public:
  /// `spike_factor`: how many times the mean norm makes a spike; zero: none does.
  explicit StepGuard(double spike_factor = 0.0) : spike_factor_(spike_factor) {}

  /// Returns whether to take a step; counts it.
  bool accepts(double loss, double gradient_norm);

  std::int64_t skipped() const { return skipped_; }    ///< since the run began
  std::int64_t in_a_row() const { return in_a_row_; }  ///< skipped, up to now

  void save(TensorMap& map) const;
  /// Loads; what `map` does not have stays as in the beginning.
  void load(const TensorMap& map);

 private:
  bool is_spike(double gradient_norm) const;

  double spike_factor_;
  double mean_norm_ = 0.0;  ///< exponential, of accepted steps
  std::int64_t accepted_ = 0;
  std::int64_t skipped_ = 0;
  std::int64_t in_a_row_ = 0;
};

}  // namespace diptych::train
