#include "train/meter.h"

namespace diptych::train {

void Meter::add_step(double loss, double data_seconds, int pairs) {
  ++steps_;
  loss_ += loss;
  data_seconds_ += data_seconds;
  pairs_ += pairs;
}

void Meter::report(TrainProgress& progress) {
  const double seconds = seconds_since(start_);
  progress.loss = loss_ / steps_;
  progress.pairs_per_second = pairs_ / seconds;
  progress.data_seconds = data_seconds_ / steps_;
  progress.step_seconds = seconds / steps_;
  steps_ = 0;
  loss_ = data_seconds_ = pairs_ = 0.0;
  start_ = Clock::now();
}

}  // namespace diptych::train
