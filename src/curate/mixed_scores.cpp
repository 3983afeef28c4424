#include "curate/mixed_scores.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "curate/score_files.h"

namespace diptych::curate {

std::vector<ScoredPair> read_all_scores(const ShardScores& files) {
  if (files.empty())
    fail(ErrorCode::invalid_argument, "scores: got none, expected a file a scorer");
  std::vector<ScoredPair> pairs;
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t file = 0; file < files.size(); ++file) {
    read_scores(files[file], [&](std::string_view key, double score) {
      const auto [place, is_new] = places.try_emplace(std::string(key), pairs.size());
      if (is_new) pairs.push_back({std::string(key), {}});
      ScoredPair& pair = pairs[place->second];
      if (pair.scores.size() > file) {
        fail(ErrorCode::invalid_argument, "scores: got two of '{}', expected one a pair ({})", key,
             files[file].string());
      }
      // One that a scorer before has not stays behind, and is left out below.
      if (pair.scores.size() == file) pair.scores.push_back(score);
    });
  }
  std::erase_if(pairs, [&](const ScoredPair& pair) { return pair.scores.size() != files.size(); });
  return pairs;
}

double mixed_score(const ScoredPair& pair, const ScoreMix& mix) {
  if (mix.weights.empty()) return std::accumulate(pair.scores.begin(), pair.scores.end(), 0.0);
  if (mix.weights.size() != pair.scores.size()) {
    fail(ErrorCode::invalid_argument, "mix: got {} weights, expected {}, one a scorer",
         mix.weights.size(), pair.scores.size());
  }
  return std::inner_product(mix.weights.begin(), mix.weights.end(), pair.scores.begin(), 0.0);
}

}  // namespace diptych::curate
