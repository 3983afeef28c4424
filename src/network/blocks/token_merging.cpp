#include "network/blocks/token_merging.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace diptych::network {
namespace {

/// Which of the rows that are left each row of a sequence becomes, or becomes part of.
struct Places {
  std::vector<std::int32_t> destinations;
  int left = 0;  ///< how many rows are left
};

/// Numbers of `nearest`, those to be merged: with the largest cosines, the first of equals.
std::vector<std::int32_t> most_alike(std::span<const NearestRow> nearest, int count,
                                     bool class_token) {
  std::vector<std::int32_t> numbers(nearest.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  if (class_token) numbers.erase(numbers.begin());
  std::erase_if(numbers, [&](std::int32_t number) {
    return nearest[static_cast<std::size_t>(number)].row == 0;
  });
  const int most = std::min(count, static_cast<int>(numbers.size()));
  const auto closer = [&](std::int32_t a, std::int32_t b) {
    const float of_a = nearest[static_cast<std::size_t>(a)].cosine;
    const float of_b = nearest[static_cast<std::size_t>(b)].cosine;
    return of_a != of_b ? of_a > of_b : a < b;
  };
  std::partial_sort(numbers.begin(), numbers.begin() + most, numbers.end(), closer);
  numbers.resize(static_cast<std::size_t>(most));
  return numbers;
}

Places places_of(std::span<const NearestRow> nearest, int length, int count, bool class_token) {
  constexpr std::int32_t kUnset = -1;
  const std::vector<std::int32_t> merged = most_alike(nearest, count, class_token);
  Places places{.destinations =
                    std::vector<std::int32_t>(static_cast<std::size_t>(length), kUnset)};
  std::vector<bool> is_merged(nearest.size(), false);
  for (const std::int32_t number : merged) is_merged[static_cast<std::size_t>(number)] = true;
  for (std::size_t i = 0; i < nearest.size(); ++i)
    if (!is_merged[i]) places.destinations[2 * i] = places.left++;
  for (std::size_t odd = 1; odd < places.destinations.size(); odd += 2)
    places.destinations[odd] = places.left++;
  for (const std::int32_t number : merged) {
    const auto i = static_cast<std::size_t>(number);
    places.destinations[2 * i] = places.destinations[static_cast<std::size_t>(nearest[i].row)];
  }
  return places;
}

/// Rows of `sizes` each, as means of those that come to the same place.
struct Means {
  RowMixture mixture;
  std::vector<float> sizes;
};

void append_means(const Places& places, std::span<const float> sizes, int first_row, Means& means) {
  std::vector<std::vector<std::int32_t>> parts(static_cast<std::size_t>(places.left));
  for (std::size_t i = 0; i < places.destinations.size(); ++i)
    parts[static_cast<std::size_t>(places.destinations[i])].push_back(static_cast<std::int32_t>(i));
  for (const std::vector<std::int32_t>& part : parts) {
    float size = 0.0F;
    for (const std::int32_t row : part) size += sizes[static_cast<std::size_t>(row)];
    for (const std::int32_t row : part) {
      means.mixture.rows.push_back(first_row + row);
      means.mixture.weights.push_back(sizes[static_cast<std::size_t>(row)] / size);
    }
    means.mixture.offsets.push_back(static_cast<std::int32_t>(means.mixture.rows.size()));
    means.sizes.push_back(size);
  }
}

}  // namespace

MergedRows::MergedRows(Sequences sequences, bool class_token)
    : sequences_(std::move(sequences)),
      sizes_(static_cast<std::size_t>(sequences_.tokens()), 1.0F),
      class_token_(class_token) {}

RowMixture MergedRows::merge(std::span<const NearestRow> nearest, int count) {
  Means means;
  Sequences left;
  for (int i = 0; i < sequences_.count(); ++i) {
    const int length = sequences_.length(i);
    const auto evens = static_cast<std::size_t>((length + 1) / 2);
    const int mergeable = (length - (class_token_ ? 1 : 0)) / 2;
    const Places places =
        places_of(nearest.first(evens), length, std::min(count, mergeable), class_token_);
    nearest = nearest.subspan(evens);
    const auto first = static_cast<std::size_t>(sequences_.begin(i));
    append_means(places, std::span(sizes_).subspan(first, static_cast<std::size_t>(length)),
                 sequences_.begin(i), means);
    left.append(places.left);
  }
  sequences_ = std::move(left);
  sizes_ = std::move(means.sizes);
  return std::move(means.mixture);
}

std::vector<float> MergedRows::key_bias() const {
  std::vector<float> bias;
  bias.reserve(sizes_.size());
  for (const float size : sizes_) bias.push_back(std::log(size));
  return bias;
}

AttentionPattern proportional(AttentionPattern pattern, const MergedRows& rows) {
  pattern.key_bias = rows.key_bias();
  return pattern;
}

}  // namespace diptych::network
