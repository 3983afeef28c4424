#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "curate/sample_check.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "diptych/shard_tools.h"

namespace diptych {

namespace {

using namespace curate;

constexpr std::size_t kSamplesPerBatch = 256;

void append(std::vector<std::string>& notes, const std::vector<std::string>& more) {
  notes.insert(notes.end(), more.begin(), more.end());
}

/// Chinese-CLIP's form is by picture.
SampleRules rules_of(const RepackOptions& options) {
  SampleRules rules = options.rules;
  rules.need_picture = rules.need_picture || options.format == SampleFormat::chinese_clip;
  return rules;
}

void repack_file(const std::filesystem::path& path, const RepackOptions& options, ThreadPool& pool,
                 SampleKeys& keys, SampleSink& sink, RepackReport& report) {
  const shards::Dataset dataset = open_file(path, options.inputs);
  ++report.files.read;
  if (dataset.refused().sources() == 0) ++report.files.written;
  count_refusals(dataset.refused(), report.files, report.samples);
  append(report.files.notes, dataset.remarks());
  for (std::size_t first = 0; first < dataset.size(); first += kSamplesPerBatch) {
    const std::size_t last = std::min(first + kSamplesPerBatch, dataset.size());
    for (const CheckedSample& checked :
         check_samples(dataset, first, last, rules_of(options), pool)) {
      ++report.samples.read;
      if (checked.fault) {
        count_fault(report.samples, *checked.fault);
        continue;
      }
      sink.add(keys.next(checked.sample.key), checked.sample);
      ++report.samples.written;
    }
  }
}

}  // namespace

RepackReport repack_samples(const RepackOptions& options) {
  const std::vector<std::filesystem::path> files = files_of(options.inputs, /*pictures=*/true);
  const std::unique_ptr<SampleSink> sink = make_sample_sink(options);
  ThreadPool pool(options.stage.threads);
  SampleKeys keys;
  RepackReport report;
  for (std::size_t i = 0; i < files.size(); ++i) {
    repack_file(files[i], options, pool, keys, *sink, report);
    if (options.stage.progress) options.stage.progress(i + 1, files.size());
  }
  if (report.samples.written == 0) {
    fail(ErrorCode::invalid_argument,
         "samples: got {} of which none can be used, expected some ({})", report.samples.read,
         options.inputs.sources.front());
  }
  sink->finish();
  append(report.samples.notes, keys.notes());
  append(report.samples.notes, sink->notes());
  return report;
}

}  // namespace diptych
