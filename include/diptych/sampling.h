#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "diptych/curation.h"
#include "diptych/export.h"
#include "diptych/filters.h"
#include "diptych/shard_tools.h"

// Drawing pairs by their scores: good ones more often, but ever more rarely the more often they
// were drawn, as FLYT's soft cap sampling does (arXiv 2503.08805).

namespace diptych {

/// A score of each pair, made of those of several scorers.
struct ScoreMix {
  /// What each scorer's scores are multiplied by before they are added up. Empty, the default: 1.
  std::vector<double> weights;
};

/// Reads what learn_mix wrote. Throws Error: not_found, io, corrupt_data.
DIPTYCH_API ScoreMix read_mix(const std::filesystem::path& path);

/// Of a shard the files that score_samples wrote as `scores`, one a scorer.
using ShardScores = std::vector<std::filesystem::path>;

struct MixOptions {
  /// Of all shards, the scorers in the same order everywhere.
  std::vector<ShardScores> scores;
  /// A key a line: pairs that are good, of those that have scores.
  std::filesystem::path good;
  /// The weights and how well they do, as JSON.
  std::filesystem::path out;
  StageOptions stage;
};

struct MixReport {
  ScoreMix mix;
  std::uint64_t pairs = 0;         ///< that have all scores
  std::uint64_t good = 0;          ///< of them
  std::uint64_t unknown_good = 0;  ///< keys without all scores
  /// How often a good pair scores higher than another one, 0 to 1: by the mix, and by each scorer
  /// alone.
  double accuracy = 0.0;
  std::vector<double> accuracies;
};

/// Learns how to weigh scorers from pairs that are known to be good: a logistic regression that
/// tells them from the others, both counting the same in all. Takes 8 bytes of memory a score, and
/// the keys of the good. Throws Error: not_found, io, corrupt_data; invalid_argument without a good
/// or without another pair, where a scorer gives all the same, or for an output that is there.
DIPTYCH_API MixReport learn_mix(const MixOptions& options);

struct SoftCapOptions {
  /// Of all shards, as MixOptions has them; pairs without all scores are never drawn.
  std::vector<ShardScores> scores;
  ScoreMix mix;
  /// How many draws there are, at least 1.
  std::uint64_t draws = 0;
  /// What a pair's score loses each time it is drawn, at least 0. Chances are in proportion to
  /// exp(score). Default: 0.15.
  double penalty = 0.15;
  /// A draw is a hash of this and the pair's key.
  std::uint64_t seed = 0;
};

/// Where draws end: what is known of all shards before one is written.
struct SoftCap {
  double limit = 0.0;  ///< the time of the last draw, of a race that all pairs run
  double best = 0.0;   ///< the highest score of the mix, which the race counts from
  std::uint64_t pairs = 0;
};

/// Finds where the draws end. Takes 16 bytes of memory a pair. Throws Error: not_found, io,
/// corrupt_data, invalid_argument (bad options, no pair with all scores, scores too far apart to
/// draw so often).
DIPTYCH_API SoftCap find_soft_cap(const SoftCapOptions& options);

struct DrawOptions {
  /// One shard, and the files of its scores.
  SampleInputs inputs;
  ShardScores scores;
  /// As find_soft_cap was given them.
  ScoreMix mix;
  double penalty = 0.15;
  std::uint64_t seed = 0;
  SoftCap cap;
  /// The tar. A sample that was drawn three times is KEY, KEY-2 and KEY-3.
  std::filesystem::path out;
  StageOptions stage;
};

struct DrawReport {
  /// `samples.written` are those that were drawn, once or more.
  FilterReport filter;
  std::uint64_t draws = 0;
  std::uint64_t most = 0;  ///< of one sample
};

/// Writes the samples of a shard as often as they are drawn. Draws depend on no order, shard or
/// process: a sample is drawn as often as its own times, of a race whose steps are exponential with
/// the rate exp(score - penalty draws), lie below the limit, which is to draw one after the other
/// in proportion to the scores of that moment. Throws Error as repack_samples.
DIPTYCH_API DrawReport draw_samples(const DrawOptions& options);

}  // namespace diptych
