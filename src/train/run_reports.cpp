#include "train/run_reports.h"

#include "base/atomic_file.h"
#include "train/run_page.h"

namespace diptych::train {

RunReports::RunReports(const TrainOptions& options, const RunFolder& folder,
                       std::int64_t steps_done)
    : name_(options.name), history_(folder.path() / "log.jsonl", steps_done) {
  if (options.report_to == "tensorboard")
    events_.emplace(folder.path() / "tensorboard", steps_done + 1);
  if (options.report_page) page_ = folder.path() / "report.html";
}

void RunReports::add(const TrainProgress& progress) {
  history_.add(progress);
  if (events_) events_->add(progress.step, values_of(progress));
  if (!page_.empty()) write_page(progress);
}

void RunReports::write_page(const TrainProgress& progress) {
  constexpr double kSecondsBetween = 10.0;
  const bool last = progress.step == progress.total_steps;
  if (!last && page_written_ && seconds_since(*page_written_) < kSecondsBetween) return;
  write_file(page_, run_page(name_, progress, history_.entries()));
  page_written_ = Clock::now();
}

}  // namespace diptych::train
