#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/augment.h"
#include "diptych/export.h"

namespace diptych {

/// What to train, on what, and how. Names and defaults are open_clip's where it has the option.
struct TrainOptions {
  // Data.

  /// Tar shards or tables (CSV, TSV), also packed with gzip or zstd: a path, a brace range, a
  /// folder, or several joined by "::".
  std::string train_data;
  /// Tables: what separates columns (zero: the first of tab, comma, semicolon and `|` with which
  /// the header has both), and the columns of the picture's path and the caption.
  char csv_separator = '\0';
  std::string csv_image_key = "filepath";
  std::string csv_caption_key = "title";
  /// Shards: the key inside a sample's .json that holds its caption, or a list of captions of which
  /// one is drawn every time. Empty: the caption is the sample's .txt.
  std::string json_text_key;
  /// Shards: the key inside a sample's .json that names its group: different pairs of one group are
  /// not each other's negatives. Empty: every pair is a group of its own.
  std::string group_key;
  /// Go on without files that are missing, and with what comes before the damage in those that are
  /// cut or damaged. Default: no, such a file ends the run before its first step.
  bool skip_bad_shards = false;

  // Model.

  /// Weights to go on from: a file, a folder, or any name that Model::load takes. Or what says the
  /// towers alone, to start from random weights: an open_clip model configuration (.json), or the
  /// name of one ("ViT-B-32").
  std::string model;
  /// "clip", "chinese", or a tokenizer's file: a WordPiece vocabulary, tokenizer.json, a
  /// SentencePiece model. Empty: as the model says, or "clip".
  std::string tokenizer;
  /// What transparent pictures are laid on, R, G, B, in training and ever after. Default: nothing,
  /// as the model says.
  std::optional<std::array<std::uint8_t, 3>> background;

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
  /// model/, and options.toml and run.json, which say how they were made.
  std::filesystem::path logs = "logs";
  std::string name = "run";
  /// A checkpoint of this trainer to go on from; "latest": the newest under `logs`/`name`; "auto":
  /// that one if there is one, otherwise a new run. What changes the result must be as it was.
  /// Empty: a new run.
  std::string resume;
  /// What may differ from the run that is resumed: names of options, "model" or "train-data",
  /// separated by commas.
  std::string allow_change;
  /// Removes what an earlier run left in `logs`/`name`, which is otherwise refused.
  bool overwrite = false;
  /// Epochs between kept checkpoints; zero: only `latest`.
  int save_frequency = 1;
  /// Steps between writes of `latest` inside an epoch; zero: only at the end of an epoch.
  int save_every_steps = 0;
  /// Steps between reports.
  int report_every_steps = 100;
};

/// One of them, as the command line, a TOML file, messages and a run's record name it.
struct TrainOptionInfo {
  std::string_view name;     ///< "batch-size"
  std::string_view heading;  ///< what it belongs to: "Data", "Model", ...
  std::string_view meaning;  ///< one line, with the unit and what zero or nothing means
  std::string accepted;      ///< "a whole number, at least 1"
  bool is_switch = false;    ///< true or false
};

/// Every option, in the order of the struct; there is none besides. Thread-safe.
DIPTYCH_API const std::vector<TrainOptionInfo>& train_option_infos();

/// An option's value as text that set_train_option reads back; empty where nothing was chosen.
/// Throws Error(invalid_argument) for a name that is none.
DIPTYCH_API std::string train_option(const TrainOptions& options, std::string_view name);

/// Throws Error(invalid_argument), with the option's name and what it accepts, for a name that is
/// none and for a value out of its range.
DIPTYCH_API void set_train_option(TrainOptions& options, std::string_view name,
                                  std::string_view text);

/// Throws Error(invalid_argument) for the first value that is out of its range, or contradicts
/// another. What depends on data or a model is not looked at.
DIPTYCH_API void check_train_options(const TrainOptions& options);

/// Every option with what it means and accepts, as the TOML file that `diptych train` reads.
DIPTYCH_API std::string write_train_options(const TrainOptions& options);

}  // namespace diptych
