#include "train/background_write.h"

#include <chrono>
#include <utility>

#include "base/error.h"

namespace diptych::train {

void BackgroundWrite::begin(std::function<void()> write) {
  ensure(!writing_.valid(), "one write at a time");
  writing_ = std::async(std::launch::async, std::move(write));
}

void BackgroundWrite::check() {
  if (writing_.valid() && writing_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    finish();
}

void BackgroundWrite::finish() {
  if (writing_.valid()) writing_.get();
}

}  // namespace diptych::train
