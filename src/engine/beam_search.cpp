#include "engine/beam_search.h"

#include <algorithm>
#include <utility>

namespace diptych::engine {

BeamSearch::BeamSearch(const CaptionOptions& options, const CaptionIds& ids)
    : options_(options),
      special_(ids),
      width_(static_cast<std::size_t>(beams_per_group(options))),
      beams_(width_, {.ids = {ids.start}}),
      tokens_(width_, ids.start),
      parents_(width_, 0) {}

/// Twice as many as beams, best first: each beam may come to its end and leave room for another.
std::vector<BeamSearch::Candidate> BeamSearch::best_candidates(std::span<float> logits) const {
  const std::size_t vocabulary = logits.size() / width_;
  // All beams start alike, so that the first step looks at one of them.
  const std::size_t beams = beams_.front().ids.size() == 1 ? 1 : width_;
  const auto better = [](const Candidate& a, const Candidate& b) { return a.sum > b.sum; };
  std::vector<Candidate> best;
  for (std::size_t beam = 0; beam < beams; ++beam) {
    const std::span<float> row = logits.subspan(beam * vocabulary, vocabulary);
    apply_rules(options_, special_.end, beams_[beam].ids, row);
    for (std::size_t token = 0; token < vocabulary; ++token) {
      const Candidate candidate = {static_cast<std::int32_t>(beam),
                                   static_cast<std::int32_t>(token), row[token] + beams_[beam].sum};
      if (best.size() == 2 * width_ && !better(candidate, best.back())) continue;
      best.insert(std::upper_bound(best.begin(), best.end(), candidate, better), candidate);
      if (best.size() > 2 * width_) best.pop_back();
    }
  }
  return best;
}

void BeamSearch::finish(std::vector<std::int32_t> ids, float sum, std::size_t length) {
  const double score = static_cast<double>(sum) / static_cast<double>(length);
  const auto better = [](const Finished& a, const Finished& b) { return a.score > b.score; };
  Finished caption{.ids = std::move(ids), .score = score};
  if (finished_.size() == width_ && !better(caption, finished_.back())) return;
  finished_.insert(std::upper_bound(finished_.begin(), finished_.end(), caption, better),
                   std::move(caption));
  if (finished_.size() > width_) finished_.pop_back();
}

void BeamSearch::step(std::span<float> logits) {
  const std::vector<Candidate> candidates = best_candidates(logits);
  const std::size_t length = beams_.front().ids.size() + 1;
  std::vector<Beam> next;
  parents_.clear();
  tokens_.clear();
  for (std::size_t rank = 0; rank < candidates.size() && next.size() < width_; ++rank) {
    const Candidate& candidate = candidates[rank];
    std::vector<std::int32_t> ids = beams_[static_cast<std::size_t>(candidate.beam)].ids;
    ids.push_back(candidate.token);
    if (candidate.token == special_.end) {
      // An end that is not among the best does not count.
      if (rank < width_) finish(std::move(ids), candidate.sum, length);
      continue;
    }
    next.push_back({.ids = std::move(ids), .sum = candidate.sum});
    parents_.push_back(candidate.beam);
    tokens_.push_back(candidate.token);
  }
  beams_ = std::move(next);
  // Nothing that still grows can become better than what is finished, if every further logit is
  // what the best ones were on average.
  const double attainable =
      static_cast<double>(candidates.front().sum) / static_cast<double>(length);
  done_ = finished_.size() == width_ && finished_.back().score >= attainable;
  if (done_ || length < static_cast<std::size_t>(options_.max_length)) return;
  for (Beam& beam : beams_) finish(std::move(beam.ids), beam.sum, length);
  done_ = true;
}

std::vector<std::int32_t> BeamSearch::result() const {
  return finished_.front().ids;
}

}  // namespace diptych::engine
