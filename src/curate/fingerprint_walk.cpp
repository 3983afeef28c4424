#include "curate/fingerprint_walk.h"

#include "base/error.h"
#include "curate/sample_walk.h"
#include "curate/tally.h"

namespace diptych::curate {

void walk_fingerprints(const std::vector<std::filesystem::path>& files, const SampleInputs& inputs,
                       bool needs_hash, ThreadPool& pool, const StageOptions& stage,
                       StageReport& file_report, StageReport& samples,
                       const TakeFingerprint& take) {
  const SampleRules rules{.need_caption = false, .decode = false};
  walk_samples(files, inputs, rules, pool, stage, file_report, samples,
               [&](const std::vector<CheckedSample>& checked) {
                 std::vector<Fingerprint> prints(checked.size());
                 std::vector<std::optional<SampleFault>> faults(checked.size());
                 pool.run(prints.size(), [&](std::size_t i) {
                   if (checked[i].fault) return;
                   prints[i] = fingerprint_of(checked[i].sample, needs_hash, faults[i]);
                 });
                 for (std::size_t i = 0; i < prints.size(); ++i) {
                   if (faults[i]) count_fault(samples, *faults[i]);
                   take(checked[i].sample, prints[i]);
                 }
               });
}

void add_evaluation_sets(const SampleInputs& sets, int distance, ThreadPool& pool,
                         const StageOptions& stage, StageReport& file_report, CopyFinder& finder) {
  if (sets.sources.empty()) return;
  StageReport files;
  StageReport samples;
  walk_fingerprints(
      files_of(sets, /*pictures=*/true), sets, distance >= 0, pool, stage, files, samples,
      [&](const shards::Sample&, const Fingerprint& print) { finder.add_evaluated(print); });
  add(file_report, files);
  for (const StageReport& report : {files, samples}) {
    if (report.dropped.empty()) continue;
    fail(ErrorCode::invalid_argument,
         "evaluation sets: got what cannot be read, expected all to be compared with: {}",
         report.dropped.begin()->second.examples.front());
  }
  if (samples.read > 0) return;
  fail(ErrorCode::invalid_argument, "evaluation sets: got no picture, expected some ({})",
       sets.sources.front());
}

}  // namespace diptych::curate
