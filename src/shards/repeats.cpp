#include "shards/repeats.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace diptych::shards {

Repeats find_repeats(const std::vector<std::uint64_t>& values) {
  std::vector<std::pair<std::uint64_t, std::size_t>> sorted;
  sorted.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sorted.emplace_back(values[i], i);
  std::sort(sorted.begin(), sorted.end());
  Repeats repeats{.first = values.size()};
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].first != sorted[i - 1].first) continue;
    ++repeats.count;
    repeats.first = std::min(repeats.first, sorted[i].second);
  }
  return repeats;
}

std::uint64_t number_of(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

std::uint64_t joined(std::uint64_t first, std::uint64_t second) {
  constexpr std::uint64_t kOddMultiplier = 0x9E3779B97F4A7C15;
  constexpr int kHalf = 32;
  const std::uint64_t mixed = (first ^ (first >> kHalf)) * kOddMultiplier;
  return (mixed ^ (mixed >> kHalf)) + second * kOddMultiplier;
}

}  // namespace diptych::shards
