#include "options/option.h"

namespace diptych::options {
namespace {

constexpr Range kAtLeastZero = {.low = 0.0};
constexpr Change kFree = Change::free;
constexpr Range kAtLeastOne = {.low = 1.0};
constexpr Range kAboveZero = {.low = 0.0, .without_low = true};
constexpr Range kAboveZeroToOne = {.low = 0.0, .high = 1.0, .without_low = true};
constexpr Range kShare = {.low = 0.0, .high = 1.0};
constexpr Range kBelowOne = {.low = 0.0, .high = 1.0, .without_high = true};
/// Of an area, or of a side: not so small that rounding makes nothing of it.
constexpr Range kPart = {.low = 1e-6, .high = 1.0};
constexpr Range kRatio = {.low = 1e-6, .high = 1e6};
constexpr Range kStrength = {.low = 0.0, .high = 100.0};
constexpr Range kBlur = {.low = 0.01, .high = 100.0};
constexpr Range kThreads = {.low = 0.0, .high = 1024.0};
constexpr Range kSize = {.low = 0.0, .high = 16384.0};
constexpr Range kTimes = {.low = 1.0, .high = 1e6};

constexpr std::string_view kData = "Data";
constexpr std::string_view kModel = "Model";
constexpr std::string_view kOptimisation = "Optimisation";
constexpr std::string_view kAugmentation = "Augmentation";
constexpr std::string_view kRunning = "Running";

/// An option's place by its member.
template <auto member>
auto& field(TrainOptions& options) {
  return options.*member;
}
template <auto member>
auto& augmentation(TrainOptions& options) {
  return options.augmentation.*member;
}

std::vector<OptionSpec> data_options() {
  return {
      // What the data is, not where it lies, is compared when a run goes on.
      {"train-data",
       kData,
       "tar shards or tables: a path, a brace range, a folder, several joined by '::'",
       field<&TrainOptions::train_data>,
       {},
       {},
       Change::free},
      {"csv-separator", kData,
       "tables: what separates columns; nothing: the one of tab, comma, ; and | that gives both",
       field<&TrainOptions::csv_separator>},
      {"csv-img-key", kData, "tables: the column of the picture's path",
       field<&TrainOptions::csv_image_key>},
      {"csv-caption-key", kData, "tables: the column of the caption",
       field<&TrainOptions::csv_caption_key>},
      {"json-text-key", kData,
       "shards: the key of a sample's .json with its caption, or a list to draw one from; nothing: "
       "the caption is the .txt",
       field<&TrainOptions::json_text_key>},
      {"group-key", kData,
       "shards: the key of a sample's .json with its group: pairs of one group are not each "
       "other's negatives",
       field<&TrainOptions::group_key>},
      {"group-captions", kData, "pairs of equal captions are one group: not each other's negatives",
       field<&TrainOptions::group_captions>},
      {"skip-bad-shards",
       kData,
       "go on without missing files, and with what can be read of damaged ones",
       field<&TrainOptions::skip_bad_shards>,
       {},
       {},
       Change::free},
      {"upright",
       kData,
       "turn pictures as their EXIF orientation says; no: as the reference programs",
       field<&TrainOptions::upright>,
       {},
       {"no", "yes"}},
      {"wide",
       kData,
       "16-bit grey: clamp, all above 255 is white as in the reference programs, or scale",
       field<&TrainOptions::wide>,
       {},
       {"clamp", "scale"}},
  };
}

std::vector<OptionSpec> model_options() {
  return {
      // What the model is, not how it was named, is compared when a run goes on.
      {"model",
       kModel,
       "an open_clip config (.json, or its name: ViT-B-32) to start from random weights; or a "
       "model to go on from: a file, a folder, a listed name, pictogram",
       field<&TrainOptions::model>,
       {},
       {},
       Change::free},
      {"tokenizer",
       kModel,
       "clip, chinese, or a file: tokenizer.json, a SentencePiece model (.model), a WordPiece "
       "vocabulary; or a folder with them; nothing: the model's",
       field<&TrainOptions::tokenizer>,
       {},
       {},
       Change::free},
      {"background",
       kModel,
       "what transparent pictures are laid on, now and ever after; nothing: the model's",
       field<&TrainOptions::background>,
       {},
       {},
       Change::free},
  };
}

std::vector<OptionSpec> stated_options() {
  return {
      {"quick-gelu",
       kModel,
       "say that the towers have QuickGELU, where the files do not say it",
       field<&TrainOptions::quick_gelu>,
       {},
       {},
       Change::free},
      {"no-quick-gelu",
       kModel,
       "say that they have not",
       field<&TrainOptions::no_quick_gelu>,
       {},
       {},
       Change::free},
      {"heads",
       kModel,
       "say how many attention heads the towers have where the files do not: of both, or "
       "IMAGE,TEXT",
       field<&TrainOptions::heads>,
       {},
       {},
       Change::free},
      {"force-image-size",
       kModel,
       "side of the pictures in pixels, to which the image tower's positions are resized; 0: the "
       "model's",
       field<&TrainOptions::image_size>,
       kSize,
       {},
       Change::free},
      {"force-context-length",
       kModel,
       "the longest text in tokens, to which the text tower's positions are resized; 0: the "
       "model's",
       field<&TrainOptions::context_length>,
       kSize,
       {},
       Change::free},
      {"strict",
       kModel,
       "refuse a model of which anything had to be assumed",
       field<&TrainOptions::strict>,
       {},
       {},
       Change::free},
  };
}

std::vector<OptionSpec> lock_options() {
  return {
      {"image-mode", kModel,
       "what is trained of the image tower: full, frozen, or lora:RANK, low-rank matrices added to "
       "those of its blocks",
       field<&TrainOptions::image_mode>},
      {"text-mode", kModel, "the same of the text tower", field<&TrainOptions::text_mode>},
      {"lora-alpha", kModel,
       "what the added matrices are multiplied by, times their rank; 0: the rank",
       field<&TrainOptions::lora_alpha>, kAtLeastZero},
      {"lock-image", kModel, "another name of image-mode frozen", field<&TrainOptions::lock_image>},
      {"lock-image-unlocked-groups", kModel, "frozen: last groups of layers that are trained",
       field<&TrainOptions::lock_image_unlocked_groups>, kAtLeastZero},
      {"lock-text", kModel, "another name of text-mode frozen", field<&TrainOptions::lock_text>},
      {"lock-text-unlocked-layers", kModel, "frozen: last groups of layers that are trained",
       field<&TrainOptions::lock_text_unlocked_layers>, kAtLeastZero},
  };
}

std::vector<OptionSpec> loss_options() {
  return {
      {"batch-size", kOptimisation,
       "pairs a step, of all processes together, or with accum-freq a part of it",
       field<&TrainOptions::batch_size>, kTimes},
      {"accum-freq", kOptimisation,
       "parts of batch-size pairs that a step has, all of them each other's negatives",
       field<&TrainOptions::accum_freq>, kTimes},
      {"epochs",
       kOptimisation,
       "times through the data",
       field<&TrainOptions::epochs>,
       kTimes,
       {},
       Change::may_grow},
      {"siglip", kOptimisation, "SigLIP's sigmoid loss instead of CLIP's",
       field<&TrainOptions::siglip>},
      {"label-smoothing", kOptimisation,
       "part of the contrastive loss's targets that is spread over all pairs",
       field<&TrainOptions::label_smoothing>, kBelowOne},
      {"fastclip", kOptimisation,
       "FastCLIP's global contrastive loss instead of CLIP's, for small batches",
       field<&TrainOptions::fastclip>},
      {"fastclip-gamma", kOptimisation, "how much a batch counts in its estimates at last",
       field<&TrainOptions::fastclip_gamma>, kAboveZeroToOne},
      {"fastclip-decay-epochs", kOptimisation,
       "epochs in which that falls from 1; 0: half of the run's",
       field<&TrainOptions::fastclip_decay_epochs>, kAtLeastZero},
      {"fastclip-rho", kOptimisation, "of the term that holds the temperature up",
       field<&TrainOptions::fastclip_rho>, kAtLeastZero},
      {"coca-caption-loss-weight", kOptimisation, "of a model with a decoder",
       field<&TrainOptions::caption_weight>, kAtLeastZero},
      {"coca-contrastive-loss-weight", kOptimisation, "of a model with a decoder",
       field<&TrainOptions::contrastive_weight>, kAtLeastZero},
      {"distill-model", kOptimisation,
       "a trained model whose scores are learnt besides: a file, a folder, a listed name",
       field<&TrainOptions::teacher>},
  };
}

std::vector<OptionSpec> optimiser_options() {
  return {
      {"opt",
       kOptimisation,
       "what moves the weights; muon: matrices of blocks, all else by adamw",
       field<&TrainOptions::optimiser>,
       {},
       {"adamw", "stableadamw", "lamb", "lion", "muon"}},
      {"lr", kOptimisation, "peak learning rate", field<&TrainOptions::learning_rate>,
       kAtLeastZero},
      {"beta1", kOptimisation, "decay of the first moment", field<&TrainOptions::beta1>, kBelowOne},
      {"beta2", kOptimisation, "decay of the second moment", field<&TrainOptions::beta2>,
       kBelowOne},
      {"eps", kOptimisation, "added to the root of the second moment",
       field<&TrainOptions::epsilon>, kAboveZero},
      {"momentum", kOptimisation, "muon: decay of the moment", field<&TrainOptions::momentum>,
       kBelowOne},
      {"opt-fallback-list", kOptimisation,
       "muon: globs of parameters left to adamw besides, by commas",
       field<&TrainOptions::kept_on_adamw>},
      {"wd", kOptimisation, "weight decay, on matrices only", field<&TrainOptions::weight_decay>,
       kAtLeastZero},
      {"wd-rule",
       kOptimisation,
       "which matrices have no decay: with bn, ln, bias in their names; positions, classes, "
       "queries",
       field<&TrainOptions::decay_rule>,
       {},
       {"open_clip-3", "open_clip-4"}},
      {"wd-exclude", kOptimisation, "globs of parameters without decay besides, by commas",
       field<&TrainOptions::undecayed>},
  };
}

std::vector<OptionSpec> schedule_options() {
  return {
      {"warmup", kOptimisation, "steps of linear warm-up", field<&TrainOptions::warmup>,
       kAtLeastZero},
      {"warmup-samples", kOptimisation, "instead, in pairs; 0: as warmup says",
       field<&TrainOptions::warmup_samples>},
      {"warmup-share", kOptimisation, "instead, as a part of the run; 0: as warmup says",
       field<&TrainOptions::warmup_share>, kShare},
      {"lr-scheduler",
       kOptimisation,
       "the learning rate after the warm-up",
       field<&TrainOptions::schedule>,
       {},
       {"cosine", "const", "const-cooldown"}},
      {"epochs-cooldown", kOptimisation, "const-cooldown: epochs at the end in which it falls",
       field<&TrainOptions::cooldown_epochs>, kAtLeastZero},
      {"lr-cooldown-end", kOptimisation, "const-cooldown: the learning rate at the end",
       field<&TrainOptions::cooldown_end>, kAtLeastZero},
      {"lr-cooldown-power", kOptimisation, "const-cooldown: 1: a line; 2: a parabola; ...",
       field<&TrainOptions::cooldown_power>, kAboveZero},
  };
}

std::vector<OptionSpec> step_options() {
  return {
      {"max-skipped-steps", kOptimisation,
       "steps in a row with a loss or gradients that are not finite, or a spike, that end the run",
       field<&TrainOptions::max_skipped_steps>, kAtLeastOne},
      {"spike-factor", kOptimisation,
       "gradients of so many times their mean norm are a spike and left out; 0: never",
       field<&TrainOptions::spike_factor>, kAtLeastZero},
      {"grad-clip-norm", kOptimisation, "largest norm of the gradients; 0: not clipped",
       field<&TrainOptions::gradient_clip_norm>, kAtLeastZero},
      {"ema-decay", kOptimisation,
       "of a running average of the weights that is saved beside them; 0: none",
       field<&TrainOptions::ema_decay>, kBelowOne},
      {"force-patch-dropout", kOptimisation, "part of a ViT's patches left out of every step",
       field<&TrainOptions::patch_dropout>, kBelowOne},
      {"grad-checkpointing",
       kOptimisation,
       "compute every block again for its gradients: less memory, more time, the same numbers",
       field<&TrainOptions::grad_checkpointing>,
       {},
       {},
       kFree},
      {"precision", kOptimisation, "amp_bf16: products and convolutions in bfloat16",
       field<&TrainOptions::precision>},
  };
}

std::vector<OptionSpec> geometry_options() {
  return {
      {"aug-min-scale", kAugmentation, "random resized crop: least part of the area kept",
       augmentation<&AugmentOptions::min_scale>, kPart},
      {"aug-max-scale", kAugmentation, "and largest", augmentation<&AugmentOptions::max_scale>,
       kPart},
      {"aug-min-ratio", kAugmentation, "random resized crop: least width over height",
       augmentation<&AugmentOptions::min_ratio>, kRatio},
      {"aug-max-ratio", kAugmentation, "and largest", augmentation<&AugmentOptions::max_ratio>,
       kRatio},
      {"aug-zoom-out", kAugmentation, "how often placed smaller on a canvas",
       augmentation<&AugmentOptions::zoom_out_probability>, kShare},
      {"aug-min-zoom", kAugmentation, "zoom out: least side, as part of the canvas's",
       augmentation<&AugmentOptions::min_zoom>, kPart},
      {"aug-flip", kAugmentation, "how often mirrored left and right",
       augmentation<&AugmentOptions::flip_probability>, kShare},
      {"aug-rotation",
       kAugmentation,
       "degrees either way at most",
       augmentation<&AugmentOptions::rotation>,
       {.low = 0.0, .high = 180.0}},
      {"aug-shear",
       kAugmentation,
       "degrees either way at most",
       augmentation<&AugmentOptions::shear>,
       {.low = 0.0, .high = 60.0}},
      {"aug-interpolation", kAugmentation, "of rotation and shear",
       augmentation<&AugmentOptions::warp_interpolation>},
  };
}

std::vector<OptionSpec> colour_options() {
  return {
      {"aug-jitter", kAugmentation, "how often colours are jittered",
       augmentation<&AugmentOptions::jitter_probability>, kShare},
      {"aug-brightness", kAugmentation, "jitter: times 1 - x to 1 + x",
       augmentation<&AugmentOptions::brightness>, kStrength},
      {"aug-contrast", kAugmentation, "jitter: times 1 - x to 1 + x",
       augmentation<&AugmentOptions::contrast>, kStrength},
      {"aug-saturation", kAugmentation, "jitter: times 1 - x to 1 + x",
       augmentation<&AugmentOptions::saturation>, kStrength},
      {"aug-hue",
       kAugmentation,
       "jitter: -x to x turns",
       augmentation<&AugmentOptions::hue>,
       {.low = 0.0, .high = 0.5}},
      {"aug-grey", kAugmentation, "how often made grey",
       augmentation<&AugmentOptions::grey_probability>, kShare},
      {"aug-blur", kAugmentation, "how often blurred",
       augmentation<&AugmentOptions::blur_probability>, kShare},
      {"aug-min-blur", kAugmentation, "blur: least standard deviation, in pixels",
       augmentation<&AugmentOptions::min_blur>, kBlur},
      {"aug-max-blur", kAugmentation, "and largest", augmentation<&AugmentOptions::max_blur>,
       kBlur},
      {"aug-posterise", kAugmentation, "how often given fewer colours",
       augmentation<&AugmentOptions::posterise_probability>, kShare},
      {"aug-posterise-bits",
       kAugmentation,
       "posterise: bits of a channel that stay",
       augmentation<&AugmentOptions::posterise_bits>,
       {.low = 1.0, .high = 8.0}},
      {"aug-solarise", kAugmentation, "how often light colours are inverted",
       augmentation<&AugmentOptions::solarise_probability>, kShare},
      {"aug-solarise-threshold",
       kAugmentation,
       "solarise: the least value that is inverted",
       augmentation<&AugmentOptions::solarise_threshold>,
       {.low = 0.0, .high = 256.0}},
      {"aug-sharpen", kAugmentation, "how often sharpened",
       augmentation<&AugmentOptions::sharpen_probability>, kShare},
      {"aug-sharpen-factor", kAugmentation, "sharpen: 1 changes nothing, 2 sharpens",
       augmentation<&AugmentOptions::sharpen_factor>, kStrength},
  };
}

std::vector<OptionSpec> erasing_options() {
  return {
      {"aug-erase", kAugmentation, "how often a rectangle is erased",
       augmentation<&AugmentOptions::erase_probability>, kShare},
      {"aug-min-erase-scale", kAugmentation, "erase: least part of the area",
       augmentation<&AugmentOptions::min_erase_scale>, kPart},
      {"aug-max-erase-scale", kAugmentation, "and largest",
       augmentation<&AugmentOptions::max_erase_scale>, kPart},
      {"aug-min-erase-ratio", kAugmentation, "erase: least width over height",
       augmentation<&AugmentOptions::min_erase_ratio>, kRatio},
      {"aug-max-erase-ratio", kAugmentation, "and largest",
       augmentation<&AugmentOptions::max_erase_ratio>, kRatio},
      {"aug-fill", kAugmentation,
       "colour of canvases, of what a rotation uncovers and of what is erased; nothing: drawn anew",
       augmentation<&AugmentOptions::fill>},
      {"random-background", kAugmentation,
       "how often a transparent picture gets a random colour as background",
       field<&TrainOptions::random_background>, kShare},
  };
}

std::vector<OptionSpec> running_options() {
  return {
      {"device", kRunning, "cpu, cuda, cuda:1, ...", field<&TrainOptions::device>, {}, {}, kFree},
      {"threads",
       kRunning,
       "threads that compute, of each process; 0: one a CPU, divided among the processes",
       field<&TrainOptions::threads>,
       kThreads,
       {},
       kFree},
      {"workers",
       kRunning,
       "threads that read and augment, of each process; 0: likewise",
       field<&TrainOptions::workers>,
       kThreads,
       {},
       kFree},
      {"seed", kRunning, "of weights, order, captions and augmentation", field<&TrainOptions::seed>,
       kAtLeastZero},
  };
}

std::vector<OptionSpec> process_options() {
  return {
      {"nproc",
       kRunning,
       "processes that share every step, on this machine; torchrun, srun and mpirun start them too",
       field<&TrainOptions::processes>,
       {.low = 1.0, .high = 1024.0},
       {},
       kFree},
      {"fsdp",
       kRunning,
       "every process keeps a shard of matrices, gradients and moments: less memory, more time",
       field<&TrainOptions::fsdp>,
       {},
       {},
       kFree},
      {"dist-url",
       kRunning,
       "where processes that torchrun, srun or mpirun started meet: tcp://HOST:PORT of rank 0, or "
       "file:///PATH; nothing: MASTER_ADDR and MASTER_PORT",
       field<&TrainOptions::meeting_point>,
       {},
       {},
       kFree},
      {"dist-backend",
       kRunning,
       "what processes exchange tensors with",
       field<&TrainOptions::backend>,
       {},
       {"auto", "gloo"},
       kFree},
      {"local-loss",
       kRunning,
       "open_clip's; changes nothing: a loss is of all processes' pairs, in O(pairs) memory",
       field<&TrainOptions::local_loss>,
       {},
       {},
       kFree},
      {"gather-with-grad",
       kRunning,
       "open_clip's; changes nothing: gradients are those of all processes' pairs",
       field<&TrainOptions::gather_with_grad>,
       {},
       {},
       kFree},
  };
}

std::vector<OptionSpec> saving_options() {
  return {
      {"logs", kRunning, "folder of all runs", field<&TrainOptions::logs>, {}, {}, kFree},
      {"name", kRunning, "this run's folder there", field<&TrainOptions::name>, {}, {}, kFree},
      {"resume",
       kRunning,
       "a checkpoint to go on from; latest: the run's newest; auto: that one if there is one, "
       "otherwise a new run",
       field<&TrainOptions::resume>,
       {},
       {},
       kFree},
      {"allow-change",
       kRunning,
       "resume: what may differ from the run's: names of options, model, train-data, by commas",
       field<&TrainOptions::allow_change>,
       {},
       {},
       kFree},
      {"overwrite",
       kRunning,
       "remove what an earlier run of this name left",
       field<&TrainOptions::overwrite>,
       {},
       {},
       kFree},
      {"save-frequency",
       kRunning,
       "epochs between kept checkpoints; 0: only the latest",
       field<&TrainOptions::save_frequency>,
       kAtLeastZero,
       {},
       kFree},
      {"save-every-n-steps",
       kRunning,
       "steps between writes of the latest checkpoint; 0: at an epoch's end",
       field<&TrainOptions::save_every_steps>,
       kAtLeastZero,
       {},
       kFree},
  };
}

std::vector<OptionSpec> reporting_options() {
  return {
      {"log-every-n-steps",
       kRunning,
       "steps between reports",
       field<&TrainOptions::report_every_steps>,
       kAtLeastOne,
       {},
       kFree},
      {"report-to",
       kRunning,
       "tensorboard: reports also as event files, in the run's folder",
       field<&TrainOptions::report_to>,
       {},
       {"none", "tensorboard"},
       kFree},
      {"report",
       kRunning,
       "keep a page with curves of the reports and samples with their nearest captions, "
       "report.html in the run's folder",
       field<&TrainOptions::report_page>,
       {},
       {},
       kFree},
  };
}

}  // namespace

const std::vector<OptionSpec>& table() {
  static const std::vector<OptionSpec> all = [] {
    std::vector<OptionSpec> options;
    for (auto part :
         {data_options, model_options, stated_options, lock_options, loss_options,
          optimiser_options, schedule_options, step_options, geometry_options, colour_options,
          erasing_options, running_options, process_options, saving_options, reporting_options}) {
      const std::vector<OptionSpec> more = part();
      options.insert(options.end(), more.begin(), more.end());
    }
    return options;
  }();
  return all;
}

}  // namespace diptych::options
