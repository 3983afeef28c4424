#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::curate {

/// The best share of some values.
template <typename Number>
struct BestShare {
  Number last = {};        ///< the value at which it ends
  std::size_t wanted = 0;  ///< how many the share is
  std::size_t kept = 0;    ///< how many are as good as `last`: all that equal it are in it
};

/// Finds the best `share`, above 0 to 1, of some values, of which `is_better` orders the best
/// first: at least one of them is in it. `values` are not empty; their order changes.
template <typename Number, typename IsBetter>
BestShare<Number> best_share(std::vector<Number>& values, double share, IsBetter is_better) {
  const double wanted = std::ceil(share * static_cast<double>(values.size()));
  const auto count = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, values.size());
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(values.begin(), end - 1, values.end(), is_better);
  const Number last = *(end - 1);
  const auto equal =
      std::count_if(end, values.end(), [&](Number value) { return !is_better(last, value); });
  return {last, count, count + static_cast<std::size_t>(equal)};
}

/// Returns a sentence on a share that has more values than it should, as several equal the last
/// one; nothing for any other. `values`: how many there are.
template <typename Number>
std::string note_on_equals(const BestShare<Number>& best, std::size_t values,
                           std::string_view what) {
  if (best.kept == best.wanted) return "";
  return fmt::format(
      "{} of {} are kept, where the share is {}: those whose {} is that of the last one, {:.4f}, "
      "are all in it",
      best.kept, values, best.wanted, what, best.last);
}

}  // namespace diptych::curate
