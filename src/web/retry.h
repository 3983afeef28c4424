#pragma once

#include <chrono>
#include <cstdint>

namespace diptych::web {

/// Returns whether a request that was answered with an HTTP status may succeed later: 408, 425,
/// 429, 500, 502, 503 and 504.
bool may_succeed_later(int status);

/// Returns how long to wait before another attempt: about a second after the first one, twice as
/// long after each further one, at most a minute. `seed` spreads them, so that what failed together
/// does not come back together. `failed`: attempts so far, at least 1.
std::chrono::milliseconds retry_delay(int failed, std::uint64_t seed);

}  // namespace diptych::web
