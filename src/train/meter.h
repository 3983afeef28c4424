#pragma once

#include <chrono>

#include "diptych/train.h"

namespace diptych::train {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Sums over the steps since the last report.
class Meter {
 public:
  /// Begins to count time.
  void start() { start_ = Clock::now(); }
  void add_step(double loss, double data_seconds, int pairs);
  /// Fills what the meter knows and starts anew.
  void report(TrainProgress& progress);

 private:
  int steps_ = 0;
  double loss_ = 0.0;
  double data_seconds_ = 0.0;
  double pairs_ = 0.0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace diptych::train
