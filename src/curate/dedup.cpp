#include <fmt/core.h>

#include <memory>

#include "base/error.h"
#include "base/parallel.h"
#include "curate/fingerprint_walk.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/tally.h"
#include "diptych/filters.h"

namespace diptych {

namespace {

using namespace curate;

class Deduplication {
 public:
  explicit Deduplication(const DedupOptions& options)
      : options_(options),
        files_(files_of(options.inputs, /*pictures=*/true)),
        sink_(make_sample_sink({.out = options.out,
                                .samples_per_shard = options.samples_per_shard,
                                .stage = options.stage})),
        pool_(options.stage.threads),
        finder_(options.distance) {}

  FilterReport run() {
    add_evaluation_sets(options_.against, options_.distance, pool_, options_.stage, report_.files,
                        finder_);
    walk_fingerprints(files_, options_.inputs, options_.distance >= 0, pool_, options_.stage,
                      report_.files, report_.samples,
                      [this](const shards::Sample& sample, const Fingerprint& print) {
                        take(sample, finder_.take(print));
                      });
    if (report_.samples.written == 0)
      refuse_nothing_left(report_.samples, options_.inputs.sources.front());
    sink_->finish();
    for (const std::string& note : keys_.notes()) report_.samples.notes.push_back(note);
    return std::move(report_);
  }

 private:
  void take(const shards::Sample& sample, CopyKind kind) {
    // These are counted where they were read.
    if (kind == CopyKind::absent || kind == CopyKind::unreadable) return;
    if (kind != CopyKind::none) {
      return count_copy(report_.samples, kind,
                        [&] { return fmt::format("{}, {}", sample.shard, sample.place()); });
    }
    sink_->add(keys_.next(sample.key), sample);
    ++report_.samples.written;
  }

  const DedupOptions& options_;
  std::vector<std::filesystem::path> files_;
  std::unique_ptr<SampleSink> sink_;
  ThreadPool pool_;
  CopyFinder finder_;
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
