#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "checkpoint/model_file.h"
#include "diptych/train.h"
#include "shards/dataset.h"
#include "train/learner.h"
#include "train/loader.h"
#include "train/meter.h"
#include "train/run_state.h"
#include "train/schedule.h"
#include "train/starting_model.h"

namespace diptych::train {

/// One run from where it stands to its end.
class Run {
 public:
  /// `options` and `callbacks` must outlive it. Throws Error.
  Run(const TrainOptions& options, const ModelSource& source, const TrainCallbacks& callbacks);

  TrainResult execute();

 private:
  std::filesystem::path resume_path() const;
  void step();
  /// The patches that take part in a step, drawn from the seed and the step alone.
  std::optional<network::PatchSelection> selection(int pictures) const;
  void check_finite(double loss) const;
  void report(std::uint64_t epoch, double learning_rate, double gradient_norm);
  void save_if_due(std::uint64_t epoch);
  void save(const std::string& name) const;
  void save_model();

  const TrainOptions& options_;
  const TrainCallbacks& callbacks_;
  const std::filesystem::path folder_;
  checkpoint::ModelFile file_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  shards::Dataset dataset_;
  const std::string fingerprint_;
  std::unique_ptr<Learner> learner_;
  RunPosition position_;
  std::unique_ptr<Loader> loader_;
  Schedule schedule_;
  Meter meter_;
};

}  // namespace diptych::train
