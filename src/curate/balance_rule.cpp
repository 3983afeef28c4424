#include "curate/balance_rule.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diptych::curate {

double tail_share(std::span<const std::uint64_t> counts, std::uint64_t threshold) {
  std::uint64_t tail = 0;
  std::uint64_t all = 0;
  for (const std::uint64_t count : counts) {
    all += count;
    if (count < threshold) tail += count;
  }
  return all == 0 ? 0.0 : static_cast<double>(tail) / static_cast<double>(all);
}

std::uint64_t threshold_for(std::span<const std::uint64_t> counts, double share) {
  std::vector<std::uint64_t> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  const auto all =
      static_cast<double>(std::accumulate(sorted.begin(), sorted.end(), std::uint64_t{0}));
  std::uint64_t nearest = 1;
  double least = 2.0;
  std::uint64_t cumulated = 0;
  for (const std::uint64_t count : sorted) {
    cumulated += count;
    const double distance = std::abs(static_cast<double>(cumulated) / all - share);
    if (distance < least) {
      least = distance;
      nearest = count;
    }
  }
  return std::max<std::uint64_t>(nearest, 1);
}

double keep_probability(std::span<const std::uint32_t> matches,
                        std::span<const double> entry_probabilities) {
  double none = 1.0;
  for (const std::uint32_t match : matches) none *= 1.0 - entry_probabilities[match];
  return 1.0 - none;
}

}  // namespace diptych::curate
