#include "web/host_pace.h"

#include <algorithm>

namespace diptych::web {

HostPace::HostPace(const PaceLimits& limits, Clock::time_point now)
    : limits_(limits), tokens_(limits.burst), counted_(now), held_until_(now) {}

double HostPace::tokens_at(Clock::time_point now) const {
  const double seconds = std::chrono::duration<double>(now - counted_).count();
  return std::min(limits_.burst, tokens_ + std::max(0.0, seconds) * limits_.rate);
}

Clock::time_point HostPace::next_start(Clock::time_point now) const {
  const Clock::time_point earliest = std::max(now, held_until_);
  if (limits_.rate <= 0.0) return earliest;
  const double missing = 1.0 - tokens_at(earliest);
  if (missing <= 0.0) return earliest;
  // Rounded up: at the time returned the token is there.
  const auto wait = std::chrono::duration<double>(missing / limits_.rate);
  return earliest + std::chrono::ceil<Clock::duration>(wait);
}

void HostPace::start(Clock::time_point now) {
  tokens_ = tokens_at(now) - 1.0;
  counted_ = now;
  ++running_;
}

void HostPace::hold_until(Clock::time_point time) {
  held_until_ = std::max(held_until_, time);
}

void HostPace::set_delay(std::chrono::milliseconds delay) {
  const double rate = 1.0 / std::chrono::duration<double>(delay).count();
  if (limits_.rate > 0.0 && limits_.rate <= rate) return;
  limits_ = {.connections = 1, .rate = rate, .burst = 1.0};
  tokens_ = std::min(tokens_, 1.0);
}

bool HostPace::is_at_rest(Clock::time_point now) const {
  const bool is_full = limits_.rate <= 0.0 || tokens_at(now) >= limits_.burst;
  return running_ == 0 && held_until_ <= now && is_full;
}

}  // namespace diptych::web
