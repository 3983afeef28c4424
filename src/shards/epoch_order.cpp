#include "shards/epoch_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace diptych::shards {
namespace {

struct GroupedSample {
  std::size_t group;
  std::size_t sample;
};

/// The samples with those of one group side by side, groups in the order of their first samples.
std::vector<GroupedSample> gather_groups(
    std::span<const std::size_t> order, const std::function<std::uint64_t(std::size_t)>& group_of) {
  std::unordered_map<std::uint64_t, std::size_t> ranks;
  std::vector<GroupedSample> samples;
  samples.reserve(order.size());
  for (const std::size_t sample : order) {
    const std::size_t rank = ranks.try_emplace(group_of(sample), ranks.size()).first->second;
    samples.push_back({rank, sample});
  }
  std::stable_sort(samples.begin(), samples.end(),
                   [](const auto& a, const auto& b) { return a.group < b.group; });
  return samples;
}

/// A group that began at the end of one row goes on in the next: moves its samples there out of the
/// batches that have one already. `batches` says which batch each place of a row goes to.
void avoid_batches_of_previous_row(std::span<const GroupedSample> previous,
                                   std::span<const std::size_t> previous_batches,
                                   std::span<const GroupedSample> row,
                                   std::span<std::size_t> batches) {
  const std::size_t group = row.front().group;
  std::vector<bool> taken(row.size(), false);
  for (std::size_t i = previous.size(); i > 0 && previous[i - 1].group == group; --i)
    taken[previous_batches[i - 1]] = true;
  std::size_t continued = 0;
  while (continued < row.size() && row[continued].group == group) ++continued;
  std::size_t other = continued;
  for (std::size_t i = 0; i < continued; ++i) {
    if (!taken[batches[i]]) continue;
    while (other < row.size() && taken[batches[other]]) ++other;
    if (other == row.size()) return;
    std::swap(batches[i], batches[other++]);
  }
}

}  // namespace

std::size_t upsampled_size(std::size_t source_size, double factor) {
  return static_cast<std::size_t>(std::llround(static_cast<double>(source_size) * factor));
}

std::vector<std::size_t> upsample(std::size_t first, std::size_t source_size, double factor,
                                  Random& random) {
  std::vector<std::size_t> source(source_size);
  std::iota(source.begin(), source.end(), first);
  std::vector<std::size_t> samples;
  std::size_t left = upsampled_size(source_size, factor);
  samples.reserve(left);
  for (; left >= source_size && left > 0; left -= source_size)
    samples.insert(samples.end(), source.begin(), source.end());
  if (left > 0) shuffle(std::span(source), random);
  samples.insert(samples.end(), source.begin(), source.begin() + static_cast<std::ptrdiff_t>(left));
  return samples;
}

/// With the groups side by side, dealing the samples like cards, one to each batch a row, brings a
/// group no larger than the number of batches into different ones. Each row deals in a new random
/// order, so that groups do not meet the same others in every batch.
void spread_groups(std::span<std::size_t> order, std::size_t batch_size,
                   const std::function<std::uint64_t(std::size_t)>& group_of, Random& random) {
  const std::size_t batch_count = order.size() / batch_size;
  const std::vector<GroupedSample> samples = gather_groups(order, group_of);
  const auto row_of = [&](std::size_t row) {
    return std::span(samples).subspan(row * batch_count, batch_count);
  };
  std::vector<std::size_t> batches(batch_count);
  std::iota(batches.begin(), batches.end(), std::size_t{0});
  for (std::size_t row = 0; row < batch_size; ++row) {
    const std::vector<std::size_t> previous_batches = batches;
    shuffle(std::span(batches), random);
    if (row > 0) {
      avoid_batches_of_previous_row(row_of(row - 1), previous_batches, row_of(row), batches);
    }
    for (std::size_t i = 0; i < batch_count; ++i)
      order[batches[i] * batch_size + row] = row_of(row)[i].sample;
  }
  // Ranks take slices of a batch: none should get the same rows every time.
  for (std::size_t batch = 0; batch < batch_count; ++batch)
    shuffle(order.subspan(batch * batch_size, batch_size), random);
}

}  // namespace diptych::shards
