#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace diptych::text {

using IdPair = std::pair<std::int32_t, std::int32_t>;

/// Applies byte-pair encoding of one word (Sennrich et al., 2016): of all neighbours that may be
/// merged the ones of lowest rank, of several the first, until there are none. `ids` are the word's
/// bytes. `merges` has
///   rank(begin, end, pair)   of the merge of the pair that spans those bytes; -1: none
///   joins(rank, pair)        whether that merge is the pair's
///   made(rank)               the id that the merge makes
template <typename Merges>
std::vector<std::int32_t> merge_pairs(std::vector<std::int32_t> ids, const Merges& merges) {
  // Symbols are a linked list over the word's bytes: symbol i starts at byte i, while ids[i] >= 0.
  const std::size_t size = ids.size();
  std::vector<std::size_t> next(size);
  std::vector<std::size_t> previous(size);
  for (std::size_t i = 0; i < size; ++i) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }

  // What could be merged, by rank, then place. An entry is stale once its symbols have changed.
  using Candidate = std::pair<std::int32_t, std::size_t>;  // the rank, the left symbol
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](std::size_t left) {
    const std::size_t right = next[left];
    if (right == size) return;
    const std::int32_t rank = merges.rank(left, next[right], {ids[left], ids[right]});
    if (rank >= 0) candidates.emplace(rank, left);
  };
  for (std::size_t i = 0; i < size; ++i) consider(i);
  while (!candidates.empty()) {
    const auto [rank, left] = candidates.top();
    candidates.pop();
    const std::size_t right = next[left];
    if (right == size || !merges.joins(rank, {ids[left], ids[right]})) continue;
    ids[left] = merges.made(rank);
    ids[right] = -1;
    next[left] = next[right];
    if (next[left] < size) previous[next[left]] = left;
    consider(left);
    if (left > 0) consider(previous[left]);
  }
  std::erase(ids, -1);
  return ids;
}

}  // namespace diptych::text
