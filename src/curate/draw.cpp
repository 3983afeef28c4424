#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <unordered_map>

#include "base/error.h"
#include "base/parallel.h"
#include "curate/mixed_scores.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/sample_walk.h"
#include "curate/soft_cap.h"
#include "curate/tally.h"
#include "diptych/sampling.h"

namespace diptych {

namespace {

using namespace curate;

double checked_score(const ScoredPair& pair, const ScoreMix& mix) {
  const double score = mixed_score(pair, mix);
  if (std::isfinite(score)) return score;
  fail(ErrorCode::invalid_argument, "score: got {} for '{}', expected a finite number", score,
       pair.key);
}

/// How often a pair is drawn, and whether there is such a sample.
struct PairDraws {
  std::uint64_t draws = 0;
  bool has_sample = false;
};
using ShardDraws = std::unordered_map<std::string, PairDraws>;

ShardDraws draws_of(const DrawOptions& options) {
  const SoftCapRule rule{.penalty = options.penalty, .seed = options.seed};
  ShardDraws draws;
  for (const ScoredPair& pair : read_all_scores(options.scores)) {
    const Racer racer{.score = checked_score(pair, options.mix) - options.cap.best,
                      .hash = draw_hash(pair.key, rule)};
    draws[pair.key].draws = draws_until(options.cap.limit, racer, rule, ~std::uint64_t{0});
  }
  return draws;
}

/// Scores of other samples took part in the draws, which would be fewer than was asked for.
void check_all_used(const ShardDraws& draws, const DrawOptions& options) {
  const auto unused = std::find_if(draws.begin(), draws.end(),
                                   [](const auto& pair) { return !pair.second.has_sample; });
  if (unused == draws.end()) return;
  fail(ErrorCode::invalid_argument,
       "scores: got one of '{}', which is no sample, expected those of the same samples ({})",
       unused->first, options.scores.front().string());
}

}  // namespace

SoftCap find_soft_cap(const SoftCapOptions& options) {
  if (options.draws == 0) fail(ErrorCode::invalid_argument, "draws: got 0, expected at least 1");
  if (!(options.penalty >= 0.0))
    fail(ErrorCode::invalid_argument, "penalty: got {}, expected at least 0", options.penalty);
  const SoftCapRule rule{.penalty = options.penalty, .seed = options.seed};
  SoftCap cap;
  std::vector<Racer> racers;
  for (const ShardScores& shard : options.scores) {
    for (const ScoredPair& pair : read_all_scores(shard)) {
      racers.push_back(
          {.score = checked_score(pair, options.mix), .hash = draw_hash(pair.key, rule)});
    }
  }
  if (racers.empty())
    fail(ErrorCode::invalid_argument, "scores: got no pair that has all, expected some");
  cap.pairs = racers.size();
  cap.best = std::max_element(racers.begin(), racers.end(), [](const Racer& a, const Racer& b) {
               return a.score < b.score;
             })->score;
  for (Racer& racer : racers) racer.score -= cap.best;
  cap.limit = time_of_draw(options.draws, racers, rule);
  if (std::isfinite(cap.limit)) return cap;
  fail(ErrorCode::invalid_argument,
       "draws: got {} of {} pairs, expected fewer, a smaller penalty or scores that lie closer",
       options.draws, cap.pairs);
}

DrawReport draw_samples(const DrawOptions& options) {
  ShardDraws draws = draws_of(options);
  const std::unique_ptr<SampleSink> sink =
      make_sample_sink({.format = SampleFormat::tar, .out = options.out, .stage = options.stage});
  ThreadPool pool(options.stage.threads);
  SampleKeys keys;
  DrawReport report;
  StageReport& samples = report.filter.samples;
  const auto leave_out = [&](const char* reason, const shards::Sample& sample) {
    count_under(samples.left_out, reason,
                [&] { return fmt::format("{} ({}, {})", reason, sample.shard, sample.place()); });
  };
  const SampleRules any{.need_picture = false, .need_caption = false, .decode = false};
  walk_samples(files_of(options.inputs, /*pictures=*/true), options.inputs, any, pool,
               options.stage, report.filter.files, samples,
               [&](const std::vector<CheckedSample>& checked) {
                 for (const auto& [sample, fault] : checked) {
                   if (fault) continue;
                   const auto found = draws.find(sample.key);
                   if (found == draws.end()) {
                     leave_out("without a score", sample);
                     continue;
                   }
                   found->second.has_sample = true;
                   const std::uint64_t times = found->second.draws;
                   if (times == 0) {
                     leave_out("not drawn", sample);
                     continue;
                   }
                   ++samples.written;
                   report.draws += times;
                   report.most = std::max(report.most, times);
                   for (std::uint64_t i = 0; i < times; ++i)
                     sink->add(keys.next(sample.key), sample);
                 }
               });
  check_all_used(draws, options);
  sink->finish();
  return report;
}

}  // namespace diptych
