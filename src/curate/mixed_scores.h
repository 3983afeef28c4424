#pragma once

#include <string>
#include <vector>

#include "diptych/sampling.h"

namespace diptych::curate {

/// A pair and its scores, one a scorer.
struct ScoredPair {
  std::string key;
  std::vector<double> scores;
};

/// Returns the pairs of a shard that have all scores, in the order of the first file. Throws Error:
/// not_found, io, corrupt_data; invalid_argument for a key that stands twice in a file.
std::vector<ScoredPair> read_all_scores(const ShardScores& files);

/// Returns a pair's score of the mix; without weights each score counts 1. Throws
/// Error(invalid_argument) for another number of weights than scores.
double mixed_score(const ScoredPair& pair, const ScoreMix& mix);

}  // namespace diptych::curate
