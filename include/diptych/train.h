#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/train_options.h"
#include "diptych/train_process.h"

namespace diptych {

/// What a training is about to do.
struct TrainStart {
  std::int64_t pairs = 0;  ///< in an epoch
  int batch_size = 0;
  int processes = 1;  ///< that share a step
  int epochs = 0;
  std::int64_t steps_done = 0;  ///< before, when a run is resumed
  std::int64_t total_steps = 0;
  std::uint64_t parameters = 0;  ///< numbers that the model has
  std::uint64_t trained = 0;     ///< numbers that are trained, those that are added included
  std::filesystem::path folder;  ///< where the results go
  /// A sentence each on what was assumed of the model, on what was allowed to differ from the run
  /// that is resumed, and on options that will hardly do what was meant.
  std::vector<std::string> notes;
};

/// Samples, captions, rows or files that cannot be trained on, all for one reason.
struct RefusedData {
  std::string reason;       ///< as a word: "no_caption"
  std::string description;  ///< in words, after a number: "without a caption"
  std::int64_t count = 0;
  std::string example;  ///< what is wrong with the first of them, and where
};

/// What opening the data found, before the first step.
struct TrainDataSummary {
  /// One of the parts of TrainOptions::train_data that "::" joins.
  struct Source {
    std::string name;
    std::int64_t pairs = 0;
    std::int64_t samples = 0;
  };
  std::int64_t pairs = 0;    ///< a picture and a caption, as far as opening can tell
  std::int64_t samples = 0;  ///< with those that are refused
  std::vector<Source> sources;
  std::vector<RefusedData> refused;  ///< the commonest reason first
  std::vector<std::string> notes;    ///< advice, one line each
  /// What of the pictures is read otherwise than a viewer shows it, one line each; without the
  /// options that change it, with which `notes` has them too.
  std::vector<std::string> picture_notes;
};

/// A report on the steps since the last one: the first step, every `report_every_steps`, the last.
struct TrainProgress {
  std::int64_t step = 0;  ///< steps done
  std::int64_t total_steps = 0;
  int epoch = 0;  ///< from 0
  int epochs = 0;
  double loss = 0.0;           ///< mean over the steps reported on
  double logit_scale = 0.0;    ///< exp of the learned parameter
  double learning_rate = 0.0;  ///< of the last step
  double gradient_norm = 0.0;  ///< of the last step, before clipping
  /// Left out since the run began, for numbers that were not finite, or a spike.
  std::int64_t skipped_steps = 0;
  double pairs_per_second = 0.0;
  double data_seconds = 0.0;  ///< spent waiting for data, a step
  double step_seconds = 0.0;  ///< in all, a step
  std::int64_t refused = 0;   ///< samples that could not be read, each once, since the run began
  std::string last_problem;   ///< why the last of them was refused
  std::vector<RefusedData> refused_by_reason;
  /// Captions that are not used although their samples have others, counted likewise.
  std::vector<RefusedData> captions_left_out;
};

/// All are called from the training thread, and may be empty. Where several processes share a run,
/// `started` and `should_stop` are called in each of them, the others in the first one alone.
struct TrainCallbacks {
  /// Once, when the data is open; it may take a while until then.
  std::function<void(const TrainDataSummary&)> data_opened;
  /// Once, before the first step; until then nothing of an earlier run has been touched.
  std::function<void(const TrainStart&)> started;
  /// What turns out on the way, a sentence.
  std::function<void(const std::string&)> note;
  std::function<void(const TrainProgress&)> report;
  /// After every epoch, counted from 1, once its checkpoint is written, which is a model too.
  std::function<void(int epoch, const std::filesystem::path& checkpoint)> epoch_ended;
  /// Asked before every step, while data is waited for and, within a step, before every block of a
  /// tower, forward and back; where the device has a thread of its own for the way back, there,
  /// while the training thread waits. True leaves the step half done, saves the state before it as
  /// `latest` unless that is saved already, and ends the run. Where several processes share a run,
  /// it is asked before every step alone, and one that answers true ends all.
  std::function<bool()> should_stop;
};

struct TrainResult {
  std::int64_t steps = 0;
  std::int64_t skipped_steps = 0;  ///< of them left out
  bool finished = false;           ///< false when `should_stop` ended it
  std::int64_t refused = 0;        ///< samples that could not be read, each once
  std::vector<RefusedData> refused_by_reason;
  std::vector<RefusedData> captions_left_out;  ///< as TrainProgress
  /// The folder with the trained model; empty unless finished, and in other processes than the
  /// first.
  std::filesystem::path model;
  std::filesystem::path averaged_model;  ///< that of the average; empty unless there is one
};

/// What a training would take, as a few of its steps show.
struct TrainPlan {
  std::int64_t pairs = 0;  ///< in an epoch
  std::int64_t steps_an_epoch = 0;
  int epochs = 0;
  int batch_size = 0;  ///< pairs a step
  int processes = 1;   ///< that share a step
  std::uint64_t parameters = 0;
  std::uint64_t trained = 0;  ///< as TrainStart
  /// The most that a step takes of the device, all included, in the process that takes most.
  std::uint64_t memory_bytes = 0;
  std::uint64_t bytes_a_pair = 0;     ///< of them, of its own pairs; zero when it does not show
  std::uint64_t available_bytes = 0;  ///< that the device has for this process; zero: not known
  /// The most pairs for TrainOptions::batch_size that fit, those of all processes, a tenth of the
  /// memory left free; zero when that is not known, or none fits.
  std::int64_t largest_batch = 0;
  double step_seconds = 0.0;
  double data_seconds = 0.0;  ///< of them spent waiting for data, the processes' mean
  double pairs_per_second = 0.0;
  std::vector<std::string> notes;  ///< as TrainStart
};

/// Does a few steps of a training, the data's first ones, to say what it would take. Writes
/// nothing. `process`: as run_training; all of them return the same but for the time. Throws Error
/// as run_training does, but for what concerns its folder.
DIPTYCH_API TrainPlan plan_training(const TrainOptions& options, const TrainProcess& process = {});

/// Trains. The state after any step can be resumed: on a CPU, with the same number of threads, an
/// interrupted and resumed run gives bit for bit the weights of an uninterrupted one. Needs a build
/// with libtorch, otherwise throws Error(unsupported). Throws Error for options, data or files that
/// cannot be used. One training at a time a process.
///
/// `process`: which one this is of several that share the run, each of which calls this with the
/// same options; their number changes neither the pairs of a step nor, but for rounding, its loss.
/// Throws Error(cancelled) when another one of them has ended or does not answer.
DIPTYCH_API TrainResult run_training(const TrainOptions& options,
                                     const TrainCallbacks& callbacks = {},
                                     const TrainProcess& process = {});

}  // namespace diptych
