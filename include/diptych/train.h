#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "diptych/augment.h"

namespace diptych {

/// What to train, on what, and how. Names and defaults are open_clip's where it has the option.
struct TrainOptions {
  // Data.

  /// Tar shards or CSV tables: a path, a brace range, a folder, or several joined by "::".
  std::string train_data;
  /// CSV: what separates columns (zero: the tab if the header row has one, otherwise the comma),
  /// and the columns of the picture's path and the caption.
  char csv_separator = '\0';
  std::string csv_image_key = "filepath";
  std::string csv_caption_key = "title";
  /// Shards: the key inside a sample's .json that holds its caption, or a list of captions of which
  /// one is drawn every time. Empty: the caption is the sample's .txt.
  std::string json_text_key;
  /// Shards: the key inside a sample's .json that names its group: different pairs of one group are
  /// not each other's negatives. Empty: every pair is a group of its own.
  std::string group_key;

  // Model.

  /// An open_clip model configuration (JSON) to train from nothing, or a model file or folder to go
  /// on from.
  std::filesystem::path model;
  /// "clip", "chinese", or a WordPiece vocabulary file. Empty: as the model says, or "clip".
  std::string tokenizer;
  /// What transparent pictures are laid on, R, G, B, in training and ever after. Default: nothing,
  /// as the model says.
  std::optional<std::array<std::uint8_t, 3>> background;
  /// A checkpoint of this trainer to go on from, or "latest" for the newest under `logs`/`name`.
  /// Everything else must be as it was. Empty: a new run.
  std::string resume;

  // Optimisation.

  /// Pairs a step.
  int batch_size = 64;
  int epochs = 32;
  /// SigLIP's sigmoid loss instead of CLIP's contrastive one. A model that has no bias on its
  /// scores gets one.
  bool siglip = false;
  /// Peak learning rate.
  double learning_rate = 5e-4;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-6;
  /// Decoupled decay; on matrices only.
  double weight_decay = 0.2;
  /// Steps of linear warm-up.
  int warmup = 10000;
  /// "cosine" or "const".
  std::string schedule = "cosine";
  /// Largest L2 norm of the gradients; zero: not clipped.
  double gradient_clip_norm = 0.0;
  /// Part of a ViT's patches dropped in every step (FLIP), 0 to below 1.
  double patch_dropout = 0.0;
  /// "fp32", or "amp_bf16": matrix products and convolutions in bfloat16, the rest in float32.
  std::string precision = "fp32";
  AugmentOptions augmentation;
  /// How often a transparent picture is laid on a random colour instead of the model's background,
  /// 0 to 1.
  double random_background = 0.0;

  // Running.

  /// A libtorch device: "cpu", "cuda", "cuda:1".
  std::string device = "cpu";
  /// Threads that compute; zero: one a CPU.
  int threads = 0;
  /// Threads that read, decode and augment; zero: one a CPU.
  int workers = 0;
  /// Seeds the weights, the order of the data, the captions drawn and the augmentation.
  std::uint64_t seed = 0;
  /// Results go to `logs`/`name`: checkpoints/epoch_N.safetensors, checkpoints/latest.safetensors,
  /// model/.
  std::filesystem::path logs = "logs";
  std::string name = "run";
  /// Epochs between kept checkpoints; zero: only `latest`.
  int save_frequency = 1;
  /// Steps between writes of `latest` inside an epoch; zero: only at the end of an epoch.
  int save_every_steps = 0;
  /// Steps between reports.
  int report_every_steps = 100;
};

/// A report on the steps since the last one.
struct TrainProgress {
  std::int64_t step = 0;  ///< steps done
  std::int64_t total_steps = 0;
  int epoch = 0;  ///< from 0
  int epochs = 0;
  double loss = 0.0;           ///< mean over the steps reported on
  double logit_scale = 0.0;    ///< exp of the learned parameter
  double learning_rate = 0.0;  ///< of the last step
  double gradient_norm = 0.0;  ///< of the last step, before clipping
  double pairs_per_second = 0.0;
  double data_seconds = 0.0;  ///< spent waiting for data, a step
  double step_seconds = 0.0;  ///< in all, a step
  std::int64_t refused = 0;   ///< samples that could not be read, since the run began
  std::string last_problem;   ///< why the last of them was refused
};

struct TrainCallbacks {
  /// Called from the training thread; may be empty.
  std::function<void(const TrainProgress&)> report;
  /// Asked after every step; true saves `latest` and ends the run. May be empty.
  std::function<bool()> should_stop;
};

struct TrainResult {
  std::int64_t steps = 0;
  bool finished = false;        ///< false when `should_stop` ended it
  std::filesystem::path model;  ///< the folder with the trained model; empty unless finished
};

/// Trains. The state after any step can be resumed: on a CPU, with the same number of threads, an
/// interrupted and resumed run gives bit for bit the weights of an uninterrupted one. Needs a build
/// with libtorch, otherwise throws Error(unsupported). Throws Error for options, data or files that
/// cannot be used. One training at a time a process.
TrainResult run_training(const TrainOptions& options, const TrainCallbacks& callbacks = {});

}  // namespace diptych
