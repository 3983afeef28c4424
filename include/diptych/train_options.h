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

/// What a training computes in.
enum class TrainPrecision {
  fp32,
  amp_bf16,  ///< matrix products and convolutions in bfloat16, the rest in float32
};

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
  /// Pairs of equal captions are one group. Default: no. Not with group_key.
  bool group_captions = false;
  /// Go on without files that are missing, and with what comes before the damage in those that are
  /// cut or damaged. Default: no, such a file ends the run before its first step.
  bool skip_bad_shards = false;
  /// "yes": pictures are turned as their EXIF orientation says. "no", the default, is what the
  /// reference programs do.
  std::string upright = "no";
  /// 16-bit grey pictures: "clamp", where all above 255 becomes white as in the reference programs,
  /// or "scale".
  std::string wide = "clamp";

  // Model.

  /// Weights to go on from: a file, a folder, or any name that Model::load takes. Or what says the
  /// towers alone, to start from random weights: an open_clip model configuration (.json), or the
  /// name of one ("ViT-B-32").
  std::string model;
  /// "clip", "chinese", or a tokenizer's file: a WordPiece vocabulary, tokenizer.json, a
  /// SentencePiece model. Empty: as the model says, or "clip".
  std::string tokenizer;
  /// That the towers of `model` have QuickGELU, or that they have not, where its files do not say
  /// it. Default: neither is stated.
  bool quick_gelu = false;
  bool no_quick_gelu = false;
  /// Attention heads of the towers where the files do not say it: "12", or "12,8" for image and
  /// text. Empty: not stated.
  std::string heads;
  /// Side of the pictures that the image tower is to see, in pixels, and the longest text that the
  /// text tower is to see, in tokens, now and ever after: their positions are resized as
  /// Model::load does. A run on small pictures and short texts before a last one at the full size
  /// is most of the training at a part of its cost (CLIPA, arXiv 2305.07017). Zero: the model's.
  int image_size = 0;
  int context_length = 0;
  /// Refuse a model of which anything had to be assumed.
  bool strict = false;
  /// What is trained of a tower: "full", all; "frozen", nothing; "lora:RANK", matrices of that rank
  /// that are added to those of its blocks (LoRA, arXiv 2106.09685) and are part of them in
  /// whatever is saved.
  std::string image_mode = "full";
  std::string text_mode = "full";
  /// What the added matrices are multiplied by, times their rank; zero: the rank, so by 1.
  double lora_alpha = 0.0;
  /// Other words for "frozen", but for its last groups of layers (as open_clip counts them for
  /// pictures: the output projection, the last block with the norm after it, each block before it,
  /// what comes before the blocks), of which 0 are trained by default.
  bool lock_image = false;
  int lock_image_unlocked_groups = 0;
  bool lock_text = false;
  int lock_text_unlocked_layers = 0;
  /// What transparent pictures are laid on, R, G, B, in training and ever after. Default: nothing,
  /// as the model says.
  std::optional<std::array<std::uint8_t, 3>> background;

  // Optimisation.

  /// Pairs a step, or, with accum_freq, of which a step has so many times as many. Those of all
  /// processes together, where several share a step.
  int batch_size = 64;
  /// Parts of `batch_size` pairs that a step consists of, computed one after the other: all of them
  /// are each other's negatives all the same, for the memory of one part and a second forward pass.
  int accum_freq = 1;
  int epochs = 32;
  /// SigLIP's sigmoid loss instead of CLIP's contrastive one. A model that has no bias on its
  /// scores gets one.
  bool siglip = false;
  /// The part of a target of the contrastive loss that is spread over all pairs, 0 to below 1.
  double label_smoothing = 0.0;
  /// FastCLIP's global contrastive loss instead of CLIP's, for small batches: two numbers a sample
  /// estimate what it is told apart from in all of the data.
  bool fastclip = false;
  /// How much a batch counts in such an estimate at last, and the epochs in which that falls from
  /// 1; zero: half of the run's.
  double fastclip_gamma = 0.2;
  int fastclip_decay_epochs = 0;
  /// Of the term that holds the temperature up.
  double fastclip_rho = 6.5;
  /// A model with a decoder (CoCa) learns to caption too: the weights of the captioning loss and of
  /// the other one. Others have the other one alone.
  double caption_weight = 2.0;
  double contrastive_weight = 1.0;
  /// A trained model, as `model` names one, whose scores are learnt besides. It reads the same
  /// pairs with its own tokenizer and in its own size. Empty: none.
  std::string teacher;
  /// "adamw", "stableadamw", "lamb", "lion", or "muon" for the matrices of blocks and AdamW for all
  /// else.
  std::string optimiser = "adamw";
  /// Peak learning rate.
  double learning_rate = 5e-4;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-6;
  /// Muon's.
  double momentum = 0.95;
  /// Globs, separated by commas, of parameters that Muon leaves to AdamW besides.
  std::string kept_on_adamw;
  /// Decoupled decay; on matrices only.
  double weight_decay = 0.2;
  /// Which matrices have none: "open_clip-3" (those with bn, ln or bias in their names) or
  /// "open_clip-4" (embeddings of positions and classes, queries of poolings).
  std::string decay_rule = "open_clip-3";
  /// Globs, separated by commas, of parameters without decay besides.
  std::string undecayed;
  /// Steps of linear warm-up. Where one of the two after it is not zero, that one counts.
  int warmup = 10000;
  /// The same in pairs.
  std::uint64_t warmup_samples = 0;
  /// The same as a part of the run, 0 to 1.
  double warmup_share = 0.0;
  /// "cosine", "const", or "const-cooldown": constant, and down over the last epochs.
  std::string schedule = "cosine";
  /// The epochs of "const-cooldown" in which the learning rate falls to `cooldown_end`, as a
  /// polynomial of the power `cooldown_power`: 1 is a line.
  int cooldown_epochs = 0;
  double cooldown_end = 0.0;
  double cooldown_power = 1.0;
  /// A step whose loss or gradients are not finite, or whose gradients are a spike, is left out and
  /// counted. So many in a row end the run.
  int max_skipped_steps = 10;
  /// How many times the mean norm of the gradients of the steps before makes a spike; zero: any
  /// finite norm is taken.
  double spike_factor = 0.0;
  /// Largest L2 norm of the gradients; zero: not clipped.
  double gradient_clip_norm = 0.0;
  /// Keeps a running average of the weights besides, which every step moves by 1 - `ema_decay`; by
  /// more at first: the decay is at most (1 + n) / (10 + n) after n steps. Zero: none.
  double ema_decay = 0.0;
  /// Computes every block of the towers a second time for its gradients instead of holding its
  /// activations: less memory, a third more time, the same numbers.
  bool grad_checkpointing = false;
  /// Part of a ViT's patches dropped in every step (FLIP), 0 to below 1.
  double patch_dropout = 0.0;
  /// Default: fp32.
  TrainPrecision precision = TrainPrecision::fp32;
  AugmentOptions augmentation;
  /// How often a transparent picture is laid on a random colour instead of the model's background,
  /// 0 to 1.
  double random_background = 0.0;

  // Running.

  /// A libtorch device: "cpu", "cuda", "cuda:1".
  std::string device = "cpu";
  /// Threads that compute, of each process; zero: one a CPU, divided among a machine's processes.
  int threads = 0;
  /// Threads that read, decode and augment, likewise.
  int workers = 0;
  /// Seeds the weights, the order of the data, the captions drawn and the augmentation.
  std::uint64_t seed = 0;
  /// Processes that share every step, on this machine: `diptych train` starts them. run_training is
  /// one process, and takes 1 unless its TrainProcess says that there are so many.
  int processes = 1;
  /// Where processes that another program has started find each other, as
  /// TrainProcess::meeting_point. Empty: as the environment says.
  std::string meeting_point;
  /// Whether each process has a shard of the matrices, of their gradients and of what the optimiser
  /// keeps of them, instead of everything: a block's are gathered while it computes, which it does
  /// again for its gradients. The same checkpoints; with one process alone it changes nothing.
  bool fsdp = false;
  /// What they exchange tensors with: "auto" or "gloo".
  std::string backend = "auto";
  /// open_clip's ways to save memory and time at the loss, which change nothing here: every process
  /// has the loss of all pairs, a tile at a time, and the gradients of its own.
  bool local_loss = false;
  bool gather_with_grad = false;
  /// Results go to `logs`/`name`: checkpoints/epoch_N.safetensors, checkpoints/latest.safetensors,
  /// model/, with an average also model-ema/, and options.toml and run.json, which say how they
  /// were made.
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
  /// "none", or "tensorboard": reports are also written as event files, in `logs`/`name`/
  /// tensorboard.
  std::string report_to = "none";
  /// Keeps a page with curves of the reports and samples, `logs`/`name`/report.html.
  bool report_page = false;
};

/// One of them, as the command line, a TOML file, messages and a run's record name it.
struct TrainOptionInfo {
  std::string_view name;     ///< "batch-size"
  std::string_view heading;  ///< what it belongs to: "Data", "Model", ...
  std::string_view meaning;  ///< one line, with the unit and what zero or nothing means
  std::string accepted;      ///< "a whole number, at least 1"
  bool is_switch = false;    ///< true or false
};

/// Returns every option, in the order of the struct; there is none besides. Thread-safe.
DIPTYCH_API const std::vector<TrainOptionInfo>& train_option_infos();

/// Returns an option's value as text that set_train_option reads back; empty where nothing was
/// chosen. Throws Error(invalid_argument) for a name that is none.
DIPTYCH_API std::string train_option(const TrainOptions& options, std::string_view name);

/// Throws Error(invalid_argument), with the option's name and what it accepts, for a name that is
/// none and for a value out of its range.
DIPTYCH_API void set_train_option(TrainOptions& options, std::string_view name,
                                  std::string_view text);

/// Throws Error(invalid_argument) for the first value that is out of its range, or contradicts
/// another. What depends on data or a model is not looked at.
DIPTYCH_API void check_train_options(const TrainOptions& options);

/// Returns the heads of the image and of the text tower that `heads` states; empty when it states
/// none. Throws Error(invalid_argument).
DIPTYCH_API std::vector<int> train_option_heads(const TrainOptions& options);

/// Returns every option with what it means and accepts, as the TOML file that `diptych train`
/// reads.
DIPTYCH_API std::string write_train_options(const TrainOptions& options);

}  // namespace diptych
