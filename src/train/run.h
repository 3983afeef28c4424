#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/source/model_file.h"
#include "diptych/train.h"
#include "train/background_write.h"
#include "train/learner.h"
#include "train/loader.h"
#include "train/meter.h"
#include "train/refusal_report.h"
#include "train/run_data.h"
#include "train/run_folder.h"
#include "train/run_record.h"
#include "train/run_reports.h"
#include "train/run_samples.h"
#include "train/run_state.h"
#include "train/schedule.h"
#include "train/starting_model.h"

namespace diptych::train {

/// One run from where it stands to its end.
class Run {
 public:
  /// Finds options, folder, model, data and checkpoint good, in this order, and writes nothing but
  /// the folder. `group`: the processes that share the run, of which the first one alone has the
  /// folder, writes and reports; null: one process. All must outlive it. Throws Error.
  Run(const TrainOptions& options, const ModelReader& source, const TrainCallbacks& callbacks,
      const TrainProcess& process, const libtorch::ProcessGroup* group = nullptr);

  TrainResult execute();

 private:
  /// Returns whether this process writes and reports.
  bool leads() const { return group_ == nullptr || group_->rank() == 0; }
  /// Returns how this process loads its part of the data.
  LoaderOptions loading() const;
  void note(const std::string& sentence) const;
  /// Says what is about to be done, before what takes time.
  void announce(const std::vector<std::string>& notes) const;
  /// Puts the learner where the saved run stood, and says what starts afresh.
  void restore();
  /// Makes of the starting model what is saved: the same without weights, by its new name.
  void become_result();
  TrainResult result() const;
  /// Returns what a page shows of the model; none where the model lies in shards, at which one
  /// process cannot look alone.
  std::optional<RunSamples> samples() const;
  /// Makes the folder this run's: what is overwritten goes, and the record is written.
  void take_folder();
  /// Does the steps that are left; false when the caller asked to stop.
  bool train();
  /// Throws Error(invalid_argument) when most steps were left out: such a run has learnt nothing.
  void require_steps() const;
  /// Does a step. Throws libtorch::Stopped, and has done nothing, when the caller asks to stop.
  void step();
  /// Returns the next step's batch, with what all processes refused. Throws libtorch::Stopped.
  LoadedBatch next_batch();
  /// Learns from a batch. Returns the gradients' norm.
  double learn(LoadedBatch& loaded, double learning_rate, double data_seconds);
  /// Counts what was refused, reports and saves, after a step of `epoch`.
  void end_step(const LoadedBatch& loaded, std::uint64_t epoch, double learning_rate,
                double gradient_norm);
  /// Says that the steps left are not those of the epochs left.
  std::optional<std::string> note_on_steps() const;
  /// Names the parameters that the loss does not reach.
  void note_untrained() const;
  /// Says that a step was left out. Throws Error(invalid_argument) after too many in a row.
  void note_skipped(const Learner::StepResult& done) const;
  void report(std::uint64_t epoch, double learning_rate, double gradient_norm);
  void save_if_due(std::uint64_t epoch);
  /// Returns whether the checkpoint of the epoch that has just ended is kept.
  bool keeps_epoch() const;
  /// Returns whether this process has a part in saving.
  bool joins_saving() const { return leads() || learner_->saves_together(); }
  /// Begins to write the state to every path, once what was begun before is written. All that join
  /// in saving call it; the first one writes, and where the others have parts of the state they
  /// wait until it has.
  void save(std::vector<std::filesystem::path> paths);
  /// Saves weights as a model, likewise.
  void save_model(const libtorch::Parameters& weights, const std::filesystem::path& folder);

  const TrainOptions& options_;
  const TrainCallbacks& callbacks_;
  const TrainProcess& process_;
  const libtorch::ProcessGroup* const group_;
  const libtorch::StopCheck stop_;
  RunFolder folder_;
  std::optional<SavedRun> saved_;  ///< until it has been restored
  std::vector<std::string> model_notes_;
  checkpoint::ModelFile file_;
  const network::Model model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  RunData data_;
  RunRecord record_;
  std::unique_ptr<Teacher> teacher_;
  std::vector<std::string> changes_;  ///< what was allowed to differ from the saved run
  RunPosition position_;
  bool noted_untrained_ = false;  ///< what has no gradients is known after a step
  std::int64_t first_step_ = 0;   ///< steps done before this part of the run
  std::int64_t saved_step_ = 0;   ///< whose state the latest checkpoint has; zero: there is none
  std::optional<RefusalReport> refusals_;
  std::unique_ptr<Loader> loader_;
  Schedule schedule_;
  std::unique_ptr<Learner> learner_;
  BackgroundWrite write_;
  Meter meter_;
  std::optional<RunReports> reports_;
};

}  // namespace diptych::train
