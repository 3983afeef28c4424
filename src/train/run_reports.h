#pragma once

#include <optional>
#include <string>

#include "train/event_file.h"
#include "train/meter.h"
#include "train/run_folder.h"
#include "train/run_history.h"

namespace diptych::train {

/// What a run keeps of its reports in its folder: log.jsonl, and, where they are asked for,
/// TensorBoard's event files and a page.
class RunReports {
 public:
  /// Goes on after `steps_done`. Throws Error(io).
  RunReports(const TrainOptions& options, const RunFolder& folder, std::int64_t steps_done);

  /// Throws Error(io).
  void add(const TrainProgress& progress);

 private:
  void write_page(const TrainProgress& progress);

  std::string name_;
  RunHistory history_;
  std::optional<EventFile> events_;
  std::filesystem::path page_;  ///< empty: none
  std::optional<Clock::time_point> page_written_;
};

}  // namespace diptych::train
