#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "diptych/evaluate.h"
#include "diptych/matrix.h"

namespace diptych::evaluate {

/// Returns the rank, from 1, of the best of the right answers among scores; equal scores are
/// ordered by index. `right` holds at least one index. Throws Error(invalid_argument) for NaN and
/// for an index out of range.
std::size_t best_rank(std::span<const float> scores, std::span<const std::size_t> right);

/// Returns best_rank of every query among all candidates, by the similarity of embeddings [queries,
/// width] and [candidates, width]; 0 for a query without right answers.
std::vector<std::size_t> best_ranks(const Matrix& queries, const Matrix& candidates,
                                    std::span<const std::vector<std::size_t>> right);

/// Returns the share of ranks that are at most k, for every k. `ranks` is not empty.
std::vector<TopK> shares_within(std::span<const std::size_t> ranks,
                                std::span<const std::size_t> ks);

}  // namespace diptych::evaluate
