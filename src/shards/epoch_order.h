#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/random.h"

namespace diptych::shards {

/// Shuffles as Fisher and Yates, the same on every platform (std::shuffle is not).
template <typename T>
void shuffle(std::span<T> values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

/// Returns how many samples an epoch takes from a source: factor x size, rounded.
std::size_t upsampled_size(std::size_t source_size, double factor);

/// Returns the numbers first, first + 1, ... of one source, each as often as `factor` says; which
/// samples its fraction adds is drawn.
std::vector<std::size_t> upsample(std::size_t first, std::size_t source_size, double factor,
                                  Random& random);

/// Reorders whole batches of shuffled samples so that samples of one group come into different
/// batches: `order` holds batches of `batch_size` one after another, `group_of` names a sample's
/// group. A group has two samples in one batch only if it has more samples than there are batches,
/// and is then spread evenly.
void spread_groups(std::span<std::size_t> order, std::size_t batch_size,
                   const std::function<std::uint64_t(std::size_t)>& group_of, Random& random);

}  // namespace diptych::shards
