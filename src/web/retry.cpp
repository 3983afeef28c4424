#include "web/retry.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace diptych::web {

bool may_succeed_later(int status) {
  constexpr std::array kPassing = {408, 425, 429, 500, 502, 503, 504};
  return std::find(kPassing.begin(), kPassing.end(), status) != kPassing.end();
}

std::chrono::milliseconds retry_delay(int failed, std::uint64_t seed) {
  constexpr double kFirstMilliseconds = 1000.0;
  constexpr double kMostMilliseconds = 60'000.0;
  const int doublings = std::clamp(failed - 1, 0, 10);
  const double delay = kFirstMilliseconds * static_cast<double>(1 << doublings);
  Random random(seed, static_cast<std::uint64_t>(failed));
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::min(delay, kMostMilliseconds) * random.uniform(0.75, 1.25)));
}

}  // namespace diptych::web
