#include "evaluate/ranking.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace diptych::evaluate {
namespace {

constexpr std::size_t kQueriesAtATime = 256;

Matrix copy_rows(const Matrix& matrix, std::size_t first, std::size_t count) {
  Matrix rows(count, matrix.columns);
  const auto begin = matrix.values.begin() + static_cast<std::ptrdiff_t>(first * matrix.columns);
  std::copy_n(begin, count * matrix.columns, rows.values.begin());
  return rows;
}

}  // namespace

std::size_t best_rank(std::span<const float> scores, std::span<const std::size_t> right) {
  const auto before = [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  for (const std::size_t answer : right) {
    if (answer >= scores.size()) {
      fail(ErrorCode::invalid_argument, "right answer: got number {}, expected less than {}",
           answer, scores.size());
    }
  }
  for (const float score : scores) {
    // No score is greater than NaN, so it would pass for the best.
    if (std::isnan(score)) fail(ErrorCode::invalid_argument, "scores: got NaN, expected a number");
  }
  const std::size_t best = *std::min_element(right.begin(), right.end(), before);
  std::size_t rank = 1;
  for (std::size_t i = 0; i < scores.size(); ++i) rank += before(i, best) ? 1 : 0;
  return rank;
}

std::vector<std::size_t> best_ranks(const Matrix& queries, const Matrix& candidates,
                                    std::span<const std::vector<std::size_t>> right) {
  std::vector<std::size_t> ranks(queries.rows, 0);
  for (std::size_t first = 0; first < queries.rows; first += kQueriesAtATime) {
    const std::size_t count = std::min(kQueriesAtATime, queries.rows - first);
    const Matrix scores = similarities(copy_rows(queries, first, count), candidates);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& answers = right[first + i];
      if (!answers.empty()) ranks[first + i] = best_rank(scores.row(i), answers);
    }
  }
  return ranks;
}

std::vector<TopK> shares_within(std::span<const std::size_t> ranks,
                                std::span<const std::size_t> ks) {
  std::vector<TopK> shares;
  for (const std::size_t k : ks) {
    const auto within =
        std::count_if(ranks.begin(), ranks.end(), [k](std::size_t rank) { return rank <= k; });
    shares.push_back({k, static_cast<double>(within) / static_cast<double>(ranks.size())});
  }
  return shares;
}

}  // namespace diptych::evaluate
