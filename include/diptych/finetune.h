#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// How a model is tuned to pictures of one's own.
struct FinetuneOptions {
  /// A folder with one folder of pictures a class, named as the class is; or a table (CSV, TSV) of
  /// pictures and captions with the columns `filepath` and `title`.
  std::filesystem::path data;
  /// Any name that Model::load takes. Empty: the embedded model.
  std::string model;
  /// What is trained of both towers: "full", "frozen" or "lora:RANK", as TrainOptions::image_mode.
  /// Each empty, the default: chosen by the number of pictures.
  std::string image_mode;
  std::string text_mode;
  /// Peak learning rate. Zero, the default: as suits the modes.
  double learning_rate = 0.0;
  /// Pairs a step. Zero, the default: an eighth of the pictures, 8 to 64.
  int batch_size = 0;
  /// Times through the data at most.
  int epochs = 30;
  /// Epochs without a better held-out figure that end the run.
  int patience = 6;
  /// The part of the pictures that is kept out to measure with, above 0 to below 1; of every class.
  double held_out = 0.2;
  /// A folder of class folders that is to be recognised as well as before. Empty: none.
  std::filesystem::path retained;
  /// A libtorch device: "cpu", "cuda", "cuda:1".
  std::string device = "cpu";
  int threads = 0;         ///< that compute; zero: one a CPU
  std::uint64_t seed = 0;  ///< of the held-out part, and as TrainOptions::seed
  /// Results go to `logs`/`name`: model/, the best epoch's, and report.json and report.html.
  std::filesystem::path logs = "logs";
  std::string name = "finetune";
  /// Removes what an earlier run left there, which is otherwise refused.
  bool overwrite = false;
};

struct FinetuneEpoch {
  int epoch = 0;          ///< from 1
  double loss = 0.0;      ///< of its last step that was reported on
  double held_out = 0.0;  ///< the figure, 0 to 1
};

/// What tuning is about to do.
struct FinetuneStart {
  std::size_t trained_on = 0;  ///< pictures with captions
  std::size_t held_out = 0;
  std::size_t classes = 0;  ///< zero for captions
  std::string image_mode;
  std::string text_mode;
  double learning_rate = 0.0;
  int batch_size = 0;
  double before = 0.0;                 ///< the held-out figure of the model as it was
  std::optional<double> linear_probe;  ///< of classes: a linear classifier on the model's pictures
  std::vector<std::string> notes;      ///< what may be unexpected, one sentence each
};

struct FinetuneReport {
  FinetuneStart start;
  /// What the figures are: "accuracy" of classes, "mean recall" of captions, over top 1, 5 and 10
  /// and both directions.
  std::string figure;
  std::vector<FinetuneEpoch> epochs;
  /// The epoch whose model was kept; zero: none was better than the model as it was, and no model
  /// was written.
  int best_epoch = 0;
  double after = 0.0;  ///< the held-out figure of the best epoch, or as before
  /// The accuracy on `retained`, where it was given.
  std::optional<double> retained_before;
  std::optional<double> retained_after;
  bool stopped = false;          ///< `should_stop` ended it
  std::filesystem::path folder;  ///< that of the run
  std::filesystem::path model;   ///< the tuned model; empty when there is none
};

/// All are called from the calling thread, and may be empty.
struct FinetuneCallbacks {
  std::function<void(const FinetuneStart&)> started;
  std::function<void(const FinetuneEpoch&)> epoch;
  /// What turns out on the way, a sentence.
  std::function<void(const std::string&)> note;
  /// Asked as TrainCallbacks::should_stop; true ends the run with the best epoch so far.
  std::function<bool()> should_stop;
};

/// Tunes a model to a user's own pictures: keeps a part of them out, measures the model as it is
/// and a linear probe, trains, and keeps the model of the epoch that was best on the part kept out.
/// Throws Error as run_training and Model::load do, and invalid_argument for data of which no
/// picture can be kept out. Needs a build with libtorch.
DIPTYCH_API FinetuneReport finetune(const FinetuneOptions& options,
                                    const FinetuneCallbacks& callbacks = {});

/// Returns a report as one JSON object, indented; shares are 0 to 1.
DIPTYCH_API std::string to_json(const FinetuneReport& report);

}  // namespace diptych
