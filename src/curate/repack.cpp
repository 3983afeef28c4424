#include "base/append.h"
#include "base/error.h"
#include "base/parallel.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/sample_walk.h"
#include "curate/tally.h"
#include "diptych/shard_tools.h"

namespace diptych {

namespace {

using namespace curate;

/// Chinese-CLIP's forms are by picture.
SampleRules rules_of(const RepackOptions& options) {
  SampleRules rules = options.rules;
  const bool is_by_picture = options.format == SampleFormat::chinese_clip ||
                             options.format == SampleFormat::chinese_clip_lmdb;
  rules.need_picture = rules.need_picture || is_by_picture;
  return rules;
}

}  // namespace

std::vector<std::filesystem::path> sample_files(const SampleInputs& inputs) {
  return files_of(inputs, /*pictures=*/true);
}

RepackReport repack_samples(const RepackOptions& options) {
  const std::vector<std::filesystem::path> files = files_of(options.inputs, /*pictures=*/true);
  if (options.format == SampleFormat::tar) check_output(options.out, options.stage, files);
  const std::unique_ptr<SampleSink> sink = make_sample_sink(options);
  ThreadPool pool(options.stage.threads);
  SampleKeys keys;
  RepackReport report;
  walk_samples(files, options.inputs, rules_of(options), pool, options.stage, report.files,
               report.samples, [&](const std::vector<CheckedSample>& checked) {
                 for (const CheckedSample& each : checked) {
                   if (each.fault) continue;
                   sink->add(keys.next(each.sample.key), each.sample);
                   ++report.samples.written;
                 }
               });
  if (report.samples.written == 0 && !options.stage.is_part) {
    fail(ErrorCode::invalid_argument,
         "samples: got {} of which none can be used, expected some ({}){}", report.samples.read,
         options.inputs.sources.front(),
         commonest_reason(report.samples.read > 0 ? report.samples : report.files));
  }
  sink->finish();
  append(report.samples.notes, keys.notes());
  append(report.samples.notes, sink->notes());
  return report;
}

}  // namespace diptych
