#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace diptych::curate {

/// Returns the value at which the best `share`, above 0 to 1, of some values ends, of which
/// `is_better` orders the best first: at least one of them is in it. `values` are not empty; their
/// order changes.
template <typename Number, typename IsBetter>
Number last_of_best(std::vector<Number>& values, double share, IsBetter is_better) {
  const double wanted = std::ceil(share * static_cast<double>(values.size()));
  const auto count = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, values.size());
  const auto last = values.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(values.begin(), last, values.end(), is_better);
  return *last;
}

}  // namespace diptych::curate
