#include <fmt/core.h>

#include <memory>
#include <unordered_set>

#include "base/as_text.h"
#include "base/error.h"
#include "base/parallel.h"
#include "curate/picture_hash.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/sample_walk.h"
#include "curate/sha2.h"
#include "curate/tally.h"
#include "diptych/filters.h"

namespace diptych {

namespace {

using namespace curate;

/// What tells a picture from others.
struct Look {
  std::string digest;
  std::optional<std::uint64_t> hash;
  std::optional<SampleFault> fault;  ///< why it cannot be compared
};

Look look_of(const shards::Sample& sample, bool needs_hash) {
  const auto bytes = *sample.image();
  Look look;
  look.digest = sha224(as_text(bytes));
  try {
    if (needs_hash) look.hash = picture_hash(decode_image(bytes, sample.key));
  } catch (const Error& error) {
    look.fault = unreadable_picture(sample, error);
  }
  return look;
}

/// Pictures that were seen.
class Seen {
 public:
  explicit Seen(int distance) : near_(std::max(distance, 0)) {}

  bool has_bytes(const Look& look) const { return digests_.contains(look.digest); }
  bool has_near(const Look& look) const { return look.hash && near_.has_near(*look.hash); }
  void insert(const Look& look) {
    digests_.insert(look.digest);
    if (look.hash) near_.insert(*look.hash);
  }

 private:
  std::unordered_set<std::string> digests_;
  NearHashes near_;
};

class Deduplication {
 public:
  explicit Deduplication(const DedupOptions& options)
      : options_(options),
        files_(files_of(options.inputs, /*pictures=*/true)),
        sink_(
            make_sample_sink({.out = options.out, .samples_per_shard = options.samples_per_shard})),
        pool_(options.stage.threads),
        kept_(options.distance),
        evaluated_(options.distance) {}

  FilterReport run() {
    if (!options_.against.sources.empty()) read_evaluation_sets();
    walk(files_, options_.inputs, report_.samples,
         [this](const shards::Sample& sample, const Look& look) { take(sample, look); });
    if (report_.samples.written == 0) {
      fail(ErrorCode::invalid_argument, "samples: got {} of which none is left, expected some ({})",
           report_.samples.read, options_.inputs.sources.front());
    }
    sink_->finish();
    for (const std::string& note : keys_.notes()) report_.samples.notes.push_back(note);
    return std::move(report_);
  }

 private:
  template <typename Take>
  void walk(const std::vector<std::filesystem::path>& files, const SampleInputs& inputs,
            StageReport& samples, Take&& take) {
    const bool needs_hash = options_.distance >= 0;
    const SampleRules rules{.need_caption = false, .decode = false};
    walk_samples(files, inputs, rules, pool_, options_.stage, report_.files, samples,
                 [&](const std::vector<CheckedSample>& checked) {
                   std::vector<Look> looks(checked.size());
                   pool_.run(looks.size(), [&](std::size_t i) {
                     if (!checked[i].fault) looks[i] = look_of(checked[i].sample, needs_hash);
                   });
                   for (std::size_t i = 0; i < looks.size(); ++i) {
                     if (checked[i].fault) continue;
                     if (looks[i].fault) {
                       count_fault(samples, *looks[i].fault);
                     } else {
                       take(checked[i].sample, looks[i]);
                     }
                   }
                 });
  }

  void read_evaluation_sets() {
    StageReport samples;
    walk(files_of(options_.against, /*pictures=*/true), options_.against, samples,
         [this](const shards::Sample&, const Look& look) { evaluated_.insert(look); });
    if (!samples.dropped.empty() || samples.read == 0) {
      fail(ErrorCode::invalid_argument,
           "evaluation sets: got pictures that cannot be read, expected all to be compared with{}",
           samples.dropped.empty() ? "" : ": " + samples.dropped.begin()->second.examples.front());
    }
  }

  void take(const shards::Sample& sample, const Look& look) {
    const std::string_view reason = reason_against(look);
    if (!reason.empty()) {
      return count_under(report_.samples.left_out, reason, [&] {
        return fmt::format("{} ({}, {})", reason, sample.shard, sample.place());
      });
    }
    kept_.insert(look);
    sink_->add(keys_.next(sample.key), sample);
    ++report_.samples.written;
  }

  std::string_view reason_against(const Look& look) const {
    if (evaluated_.has_bytes(look) || evaluated_.has_near(look)) return "in an evaluation set";
    if (kept_.has_bytes(look)) return "same bytes as an earlier picture";
    return kept_.has_near(look) ? "looks like an earlier picture" : std::string_view();
  }

  const DedupOptions& options_;
  std::vector<std::filesystem::path> files_;
  std::unique_ptr<SampleSink> sink_;
  ThreadPool pool_;
  Seen kept_;
  Seen evaluated_;
  SampleKeys keys_;
  FilterReport report_;
};

}  // namespace

FilterReport dedup_samples(const DedupOptions& options) {
  if (options.distance > 7) {
    fail(ErrorCode::invalid_argument, "distance: got {}, expected at most 7", options.distance);
  }
  return Deduplication(options).run();
}

}  // namespace diptych
