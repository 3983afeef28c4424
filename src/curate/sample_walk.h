#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "curate/sample_check.h"

namespace diptych::curate {

/// Reads the samples of all files in parallel and calls `work` with some at a time, in order. Those
/// that cannot be read or break `rules` have a fault, and are counted in `samples.dropped`. Throws
/// Error as refuse_incomplete.
template <typename Work>
void walk_samples(const std::vector<std::filesystem::path>& files, const SampleInputs& inputs,
                  const SampleRules& rules, ThreadPool& pool, const StageOptions& stage,
                  StageReport& file_report, StageReport& samples, Work&& work) {
  constexpr std::size_t kAtOnce = 256;
  bool misses_key = !rules.json_text_key.empty();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const shards::Dataset dataset = open_file(files[i], inputs);
    refuse_incomplete(dataset, stage);
    count_file(dataset, file_report, samples);
    for (std::size_t first = 0; first < dataset.size(); first += kAtOnce) {
      const std::size_t last = std::min(first + kAtOnce, dataset.size());
      const std::vector<CheckedSample> checked = check_samples(dataset, first, last, rules, pool);
      samples.read += checked.size();
      for (const CheckedSample& sample : checked) {
        if (sample.fault) count_fault(samples, *sample.fault);
        misses_key = misses_key && !has_text_key(sample.sample, rules);
      }
      work(checked);
    }
    if (stage.progress) stage.progress(i + 1, files.size());
  }
  if (misses_key && samples.read > 0) {
    samples.notes.push_back("json-text-key: no sample has '" + rules.json_text_key +
                            "': their captions are txt");
  }
}

}  // namespace diptych::curate
