#include "train/meter.h"

#include <limits>

namespace diptych::train {

void Meter::add_step(double loss, double data_seconds, int pairs) {
  ++steps_;
  loss_ += loss;
  data_seconds_ += data_seconds;
  pairs_ += pairs;
}

void Meter::report(TrainProgress& progress) {
  const double seconds = seconds_since(start_);
  progress.loss = steps_ > 0 ? loss_ / steps_ : std::numeric_limits<double>::quiet_NaN();
  progress.pairs_per_second = pairs_ / seconds;
  progress.data_seconds = steps_ > 0 ? data_seconds_ / steps_ : 0.0;
  progress.step_seconds = steps_ > 0 ? seconds / steps_ : 0.0;
  steps_ = 0;
  loss_ = data_seconds_ = pairs_ = 0.0;
  start_ = Clock::now();
}

}  // namespace diptych::train
