#include "engine/turns.h"

#include <algorithm>
#include <condition_variable>

namespace diptych::engine {

struct Turns::Waiter {
  Size size;
  bool meets_others;  ///< other small turns, when it came
  bool is_served = false;
  std::size_t lane = Turn::kWhole;
  std::condition_variable served = {};
};

Turns::Turn Turns::take(Size size) {
  std::unique_lock lock(mutex_);
  Waiter waiter{.size = size, .meets_others = small_turns_ > 0};
  if (size == Size::small) ++small_turns_;
  queue_.push_back(&waiter);
  serve_waiting();
  waiter.served.wait(lock, [&] { return waiter.is_served; });
  return {*this, size, waiter.lane};
}

std::size_t Turns::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Turns::give_back(const Turn& turn) {
  const std::lock_guard lock(mutex_);
  if (turn.size_ == Size::small) --small_turns_;
  if (turn.has_whole()) {
    whole_is_taken_ = false;
  } else {
    lane_is_taken_[turn.lane()] = false;
    --lanes_taken_;
  }
  serve_waiting();
}

/// Nobody is served before who came earlier.
void Turns::serve_waiting() {
  while (!queue_.empty() && serve(*queue_.front())) queue_.pop_front();
}

bool Turns::serve(Waiter& waiter) {
  if (whole_is_taken_) return false;
  const bool shares = waiter.size == Size::small && !lane_is_taken_.empty() &&
                      (waiter.meets_others || small_turns_ > 1);
  if (shares) {
    const auto lane = std::find(lane_is_taken_.begin(), lane_is_taken_.end(), false);
    if (lane == lane_is_taken_.end()) return false;
    *lane = true;
    ++lanes_taken_;
    waiter.lane = static_cast<std::size_t>(lane - lane_is_taken_.begin());
  } else {
    if (lanes_taken_ > 0) return false;
    whole_is_taken_ = true;
  }
  waiter.is_served = true;
  waiter.served.notify_one();
  return true;
}

}  // namespace diptych::engine
