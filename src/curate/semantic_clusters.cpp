#include "curate/semantic_clusters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace diptych::curate {

namespace {

constexpr std::size_t kRowsPerCluster = 256;
constexpr int kMostRounds = 20;
constexpr std::size_t kRowsAtOnce = 64;

/// Sums in lanes, so that the compiler may use vectors; the order is fixed all the same.
float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  std::array<float, 8> lanes = {};
  const std::size_t whole = a.size() / lanes.size() * lanes.size();
  for (std::size_t i = 0; i < whole; i += lanes.size()) {
    for (std::size_t k = 0; k < lanes.size(); ++k) lanes[k] += a[i + k] * b[i + k];
  }
  float sum = std::accumulate(lanes.begin(), lanes.end(), 0.0F);
  for (std::size_t i = whole; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A row's nearest centre, the first of equals, and its cosine.
struct Nearest {
  std::size_t centre = 0;
  float cosine = -2.0F;
};

Nearest nearest_of(const std::vector<float>& row, const EmbeddingRows& centres) {
  Nearest nearest;
  for (std::size_t i = 0; i < centres.size(); ++i) {
    const float similarity = cosine(row, centres[i]);
    if (similarity > nearest.cosine) nearest = {i, similarity};
  }
  return nearest;
}

/// The nearest centres of the rows with some numbers.
std::vector<Nearest> nearest_centres(const EmbeddingRows& rows,
                                     const std::vector<std::size_t>& numbers,
                                     const EmbeddingRows& centres, ThreadPool& pool) {
  std::vector<Nearest> nearest(numbers.size());
  pool.run((numbers.size() + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    const std::size_t last = std::min(numbers.size(), (block + 1) * kRowsAtOnce);
    for (std::size_t i = block * kRowsAtOnce; i < last; ++i)
      nearest[i] = nearest_of(rows[numbers[i]], centres);
  });
  return nearest;
}

/// Different numbers below `bound`, drawn.
std::vector<std::size_t> drawn(std::size_t bound, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> numbers(bound);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t i = 0; i < count; ++i)
    std::swap(numbers[i], numbers[i + random.below(bound - i)]);
  numbers.resize(count);
  return numbers;
}

/// Moves a centre to the mean of its rows' directions; one without rows stays.
void move_centre(std::vector<float>& centre, const EmbeddingRows& rows,
                 const std::vector<std::size_t>& members) {
  std::vector<double> sum(centre.size(), 0.0);
  for (const std::size_t member : members) {
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += static_cast<double>(rows[member][k]);
  }
  const double norm = std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0));
  if (!(norm > 0.0)) return;
  for (std::size_t k = 0; k < sum.size(); ++k) centre[k] = static_cast<float>(sum[k] / norm);
}

std::vector<std::vector<std::size_t>> members_of(const std::vector<Nearest>& nearest,
                                                 const std::vector<std::size_t>& numbers,
                                                 std::size_t centres) {
  std::vector<std::vector<std::size_t>> members(centres);
  for (std::size_t i = 0; i < numbers.size(); ++i) members[nearest[i].centre].push_back(numbers[i]);
  return members;
}

}  // namespace

EmbeddingRows cluster_centres(const EmbeddingRows& rows, std::size_t count, std::uint64_t seed,
                              ThreadPool& pool) {
  const std::vector<std::size_t> numbers =
      drawn(rows.size(), std::min(rows.size(), count * kRowsPerCluster), seed);
  EmbeddingRows centres(count);
  for (std::size_t i = 0; i < count; ++i) centres[i] = rows[numbers[i]];
  std::vector<std::vector<std::size_t>> members;
  for (int round = 0; round < kMostRounds; ++round) {
    auto moved = members_of(nearest_centres(rows, numbers, centres, pool), numbers, count);
    if (moved == members) break;
    members = std::move(moved);
    pool.run(count, [&](std::size_t i) { move_centre(centres[i], rows, members[i]); });
  }
  return centres;
}

std::vector<float> similarity_to_farther(const EmbeddingRows& rows, const EmbeddingRows& centres,
                                         ThreadPool& pool) {
  std::vector<std::size_t> numbers(rows.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  const std::vector<Nearest> nearest = nearest_centres(rows, numbers, centres, pool);
  std::vector<float> similarity(rows.size(), -1.0F);
  for (std::vector<std::size_t>& members : members_of(nearest, numbers, centres.size())) {
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return nearest[a].cosine < nearest[b].cosine;
    });
    pool.run(members.size(), [&](std::size_t i) {
      float& largest = similarity[members[i]];
      for (std::size_t j = 0; j < i; ++j)
        largest = std::max(largest, cosine(rows[members[i]], rows[members[j]]));
    });
  }
  return similarity;
}

}  // namespace diptych::curate
