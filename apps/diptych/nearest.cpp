#include "nearest.h"

#include <algorithm>

namespace {

/// Optimal string alignment: the Damerau-Levenshtein distance where no part is changed twice.
std::size_t mistakes(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

constexpr std::size_t kLongestName = 64;

}  // namespace

std::optional<std::string> nearest_name(std::string_view typed,
                                        const std::vector<std::string>& names) {
  if (typed.empty() || typed.size() > kLongestName) return std::nullopt;
  const auto is_begun = [&](const std::string& name) { return name.starts_with(typed); };
  const auto begun = std::find_if(names.begin(), names.end(), is_begun);
  if (begun != names.end()) return *begun;
  std::optional<std::string> nearest;
  std::size_t fewest = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t count = mistakes(typed, name);
    if (count < fewest) {
      fewest = count;
      nearest = name;
    }
  }
  return nearest;
}
