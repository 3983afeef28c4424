#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "curate/best_share.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/sample_walk.h"
#include "curate/semantic_clusters.h"
#include "curate/tally.h"
#include "diptych/filters.h"

namespace diptych {

namespace {

using namespace curate;

/// As many pictures a cluster as in the paper's run over LAION-440M: 8,800.
constexpr std::size_t kPicturesPerCluster = 10'000;

class SemanticDeduplication {
 public:
  explicit SemanticDeduplication(const SemanticDedupOptions& options)
      : options_(options),
        files_(files_of(options.inputs, /*pictures=*/true)),
        sink_(make_sample_sink({.out = options.out,
                                .samples_per_shard = options.samples_per_shard,
                                .stage = options.stage})),
        pool_(options.stage.threads) {}

  SemanticDedupReport run() {
    const SampleRules readable{.need_caption = false, .min_side = 1};
    walk(report_.filter, readable, [this](const auto& checked) { embed(checked); });
    if (rows_.empty()) refuse_nothing_left(report_.filter.samples, options_.inputs.sources.front());
    const std::vector<float> similarity = similarities();
    report_.similarity = options_.similarity;
    if (options_.keep_share > 0.0) {
      std::vector<float> ordered = similarity;
      const auto best = best_share(ordered, options_.keep_share, std::less<>());
      report_.similarity = best.last;
      const std::string note = note_on_equals(best, ordered.size(), "similarity");
      if (!note.empty()) report_.filter.samples.notes.push_back(note);
    }
    FilterReport again;  // of the same samples: counted, and their pictures decoded, once
    const SampleRules none{.need_picture = false, .need_caption = false, .decode = false};
    std::size_t place = 0;
    walk(again, none, [&](const std::vector<CheckedSample>& checked) {
      for (const CheckedSample& sample : checked) {
        if (const auto row = row_of_.at(place++)) take(sample.sample, similarity[*row]);
      }
    });
    sink_->finish();
    for (const std::string& note : keys_.notes()) report_.filter.samples.notes.push_back(note);
    return std::move(report_);
  }

 private:
  template <typename Work>
  void walk(FilterReport& report, const SampleRules& rules, Work&& work) {
    walk_samples(files_, options_.inputs, rules, pool_, options_.stage, report.files,
                 report.samples, work);
  }

  void embed(const std::vector<CheckedSample>& checked) {
    std::vector<PictureBytes> pictures;
    std::size_t next = rows_.size();
    for (const CheckedSample& sample : checked) {
      row_of_.push_back(sample.fault ? std::nullopt : std::optional(next++));
      if (!sample.fault) pictures.push_back({*sample.sample.image(), sample.sample.key});
    }
    if (pictures.empty()) return;
    const Matrix embeddings = options_.embedder(pictures);
    ensure(embeddings.rows == pictures.size(), "an embedder gives a row a picture");
    for (std::size_t i = 0; i < embeddings.rows; ++i) {
      const auto row = embeddings.row(i);
      rows_.emplace_back(row.begin(), row.end());
    }
  }

  std::vector<float> similarities() {
    const std::size_t wanted = options_.clusters > 0
                                   ? options_.clusters
                                   : (rows_.size() + kPicturesPerCluster - 1) / kPicturesPerCluster;
    report_.clusters = std::min(wanted, rows_.size());
    const EmbeddingRows centres = cluster_centres(rows_, report_.clusters, options_.seed, pool_);
    return similarity_to_farther(rows_, centres, pool_);
  }

  void take(const shards::Sample& sample, float similarity) {
    StageReport& samples = report_.filter.samples;
    if (similarity > report_.similarity) {
      return count_under(samples.left_out, "means the same as another picture", [&] {
        return fmt::format("means the same as another picture, by {:.4f} ({}, {})", similarity,
                           sample.shard, sample.place());
      });
    }
    sink_->add(keys_.next(sample.key), sample);
    ++samples.written;
  }

  const SemanticDedupOptions& options_;
  std::vector<std::filesystem::path> files_;
  std::unique_ptr<SampleSink> sink_;
  ThreadPool pool_;
  SampleKeys keys_;
  EmbeddingRows rows_;
  std::vector<std::optional<std::size_t>> row_of_;  ///< of each sample
  SemanticDedupReport report_;
};

}  // namespace

SemanticDedupReport semantic_dedup_samples(const SemanticDedupOptions& options) {
  if (!(options.similarity >= -1.0 && options.similarity <= 1.0)) {
    fail(ErrorCode::invalid_argument, "similarity: got {}, expected -1 to 1", options.similarity);
  }
  if (!(options.keep_share >= 0.0 && options.keep_share <= 1.0)) {
    fail(ErrorCode::invalid_argument, "share that is kept: got {}, expected 0 to 1",
         options.keep_share);
  }
  if (!options.embedder) fail(ErrorCode::invalid_argument, "embedder: got none, expected one");
  return SemanticDeduplication(options).run();
}

}  // namespace diptych
