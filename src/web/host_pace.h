#pragma once

#include <chrono>

namespace diptych::web {

using Clock = std::chrono::steady_clock;

/// How much a crawler asks of one host.
struct PaceLimits {
  /// Requests that may run at a time, at least 1.
  int connections = 8;
  /// Requests a second on average. Zero: any.
  double rate = 20.0;
  /// Requests that may start at once after a time of rest, at least 1.
  double burst = 8.0;
};

/// Returns when the next request to one host may start: a token bucket, a limit on requests that
/// run at a time, and what the host itself asked for. Not thread-safe; it looks at no clock.
class HostPace {
 public:
  HostPace(const PaceLimits& limits, Clock::time_point now);

  /// Returns when the next request may start, if it may not at `now`; `now` itself otherwise. Of
  /// running requests `has_free_connection` knows.
  Clock::time_point next_start(Clock::time_point now) const;
  bool has_free_connection() const { return running_ < limits_.connections; }
  int running() const { return running_; }

  /// Counts a request that starts, or has ended.
  void start(Clock::time_point now);
  void finish() { --running_; }

  /// Lets no request start before: the host said Retry-After. An earlier time changes nothing.
  void hold_until(Clock::time_point time);
  /// Leaves at least so long between two requests (Crawl-delay): one at a time, without a burst.
  void set_delay(std::chrono::milliseconds delay);
  /// Returns whether a new pace would allow no more than this one: it may be forgotten.
  bool is_at_rest(Clock::time_point now) const;

 private:
  double tokens_at(Clock::time_point now) const;

  PaceLimits limits_;
  double tokens_;
  Clock::time_point counted_;  ///< when `tokens_` was right
  Clock::time_point held_until_;
  int running_ = 0;
};

}  // namespace diptych::web
