#pragma once

#include <optional>
#include <string>

#include "train/event_file.h"
#include "train/meter.h"
#include "train/run_folder.h"
#include "train/run_history.h"
#include "train/run_samples.h"

namespace diptych::train {

/// What a run keeps of its reports in its folder: log.jsonl, and, where they are asked for,
/// TensorBoard's event files and a page.
class RunReports {
 public:
  /// Goes on after `steps_done`. `samples`: what a page shows of the model; none: curves alone.
  /// Throws Error(io).
  RunReports(const TrainOptions& options, const RunFolder& folder, std::int64_t steps_done,
             std::optional<RunSamples> samples);

  /// Adds a report, after whose steps the model is the learner's. Throws Error(io).
  void add(const TrainProgress& progress, const Learner& learner);

 private:
  void write_page(const TrainProgress& progress, const Learner& learner);

  std::string name_;
  RunHistory history_;
  std::optional<EventFile> events_;
  std::filesystem::path page_;  ///< empty: none
  std::optional<RunSamples> samples_;
  std::optional<Clock::time_point> page_written_;
};

}  // namespace diptych::train
