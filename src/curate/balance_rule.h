#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace diptych::curate {

/// Returns the share of all matches that entries with fewer than `threshold` have, 0 to 1; 0 when
/// there are no matches.
double tail_share(std::span<const std::uint64_t> counts, std::uint64_t threshold);

/// Returns the threshold that gives a tail share: of the counts in ascending order, the one up to
/// which their cumulated share is nearest, the first of equals, and at least 1.
std::uint64_t threshold_for(std::span<const std::uint64_t> counts, double share);

/// Returns which share of an entry's texts is to be kept: threshold / max(count, threshold).
inline double entry_probability(std::uint64_t count, std::uint64_t threshold) {
  return static_cast<double>(threshold) /
         static_cast<double>(count > threshold ? count : threshold);
}

/// Returns 1 - prod(1 - p) over the entries that a text matches, multiplied in their order; 0 for
/// none.
double keep_probability(std::span<const std::uint32_t> matches,
                        std::span<const double> entry_probabilities);

}  // namespace diptych::curate
