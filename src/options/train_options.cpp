#include "diptych/train_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "options/option.h"
#include "options/resume_options.h"
#include "options/tower_mode.h"

namespace diptych {
namespace {

using options::find;
using options::OptionSpec;
using options::table;

void require_text(const std::string& value, std::string_view option, std::string_view expected) {
  if (value.empty())
    fail(ErrorCode::invalid_argument, "train: {}: got nothing, expected {}", option, expected);
}

/// The name of a folder in `logs`, and nowhere else.
void check_name(const std::string& name) {
  const bool fits = !name.empty() && name != "." && name != ".." && is_utf8(name) &&
                    std::ranges::none_of(name, [](char c) {
                      return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                    });
  if (!fits) {
    fail(ErrorCode::invalid_argument,
         "train: name: got '{}', expected the name of a folder in logs, in UTF-8, without '/'",
         name);
  }
}

void check_order(std::string_view what, double least, double largest) {
  if (least <= largest) return;
  fail(ErrorCode::invalid_argument,
       "train: aug-min-{0}: got {1}, expected at most aug-max-{0}'s {2}", what, least, largest);
}

void check_orders(const AugmentOptions& augmentation) {
  check_order("scale", augmentation.min_scale, augmentation.max_scale);
  check_order("ratio", augmentation.min_ratio, augmentation.max_ratio);
  check_order("blur", augmentation.min_blur, augmentation.max_blur);
  check_order("erase-scale", augmentation.min_erase_scale, augmentation.max_erase_scale);
  check_order("erase-ratio", augmentation.min_erase_ratio, augmentation.max_erase_ratio);
}

/// Of one pair the contrastive loss is 0, whatever the model.
void check_batch(const TrainOptions& options) {
  constexpr double kMostPairs = 1e8;
  if (static_cast<double>(options.batch_size) * options.accum_freq > kMostPairs) {
    fail(ErrorCode::invalid_argument,
         "train: accum-freq: got {} parts of {} pairs, expected at most {:.0f} pairs a step",
         options.accum_freq, options.batch_size, kMostPairs);
  }
  if (options.batch_size > 1 || options.accum_freq > 1 || options.siglip) return;
  fail(ErrorCode::invalid_argument,
       "train: batch-size: got {}, expected at least 2: one pair has no negatives, so that nothing "
       "would be learnt",
       options.batch_size);
}

/// An option that changes nothing unless another one is given, or has this value.
struct Companion {
  std::string_view option;
  std::string_view needed;
  std::string_view value = {};  ///< empty: any but the default
};

constexpr Companion kCompanions[] = {
    {"fastclip-gamma", "fastclip"},
    {"fastclip-decay-epochs", "fastclip"},
    {"fastclip-rho", "fastclip"},
    {"momentum", "opt", "muon"},
    {"opt-fallback-list", "opt", "muon"},
    {"epochs-cooldown", "lr-scheduler", "const-cooldown"},
    {"lr-cooldown-end", "lr-scheduler", "const-cooldown"},
    {"lr-cooldown-power", "lr-scheduler", "const-cooldown"},
    {"aug-min-zoom", "aug-zoom-out"},
    {"aug-brightness", "aug-jitter"},
    {"aug-contrast", "aug-jitter"},
    {"aug-saturation", "aug-jitter"},
    {"aug-hue", "aug-jitter"},
    {"aug-min-blur", "aug-blur"},
    {"aug-max-blur", "aug-blur"},
    {"aug-posterise-bits", "aug-posterise"},
    {"aug-solarise-threshold", "aug-solarise"},
    {"aug-sharpen-factor", "aug-sharpen"},
    {"aug-min-erase-scale", "aug-erase"},
    {"aug-max-erase-scale", "aug-erase"},
    {"aug-min-erase-ratio", "aug-erase"},
    {"aug-max-erase-ratio", "aug-erase"},
};

/// Whether an option is not at its default.
bool is_given(const TrainOptions& options, std::string_view name) {
  static const TrainOptions defaults;
  return find(name).text(options) != find(name).text(defaults);
}

[[noreturn]] void refuse_alone(const TrainOptions& options, std::string_view option,
                               std::string_view expected) {
  fail(ErrorCode::invalid_argument,
       "train: {}: got {}, expected {} with it: alone it changes nothing", option,
       find(option).text(options), expected);
}

void check_needed(const TrainOptions& options) {
  for (const auto& [option, needed, value] : kCompanions) {
    if (!is_given(options, option)) continue;
    const bool any = value.empty();
    if (any ? is_given(options, needed) : find(needed).text(options) == value) continue;
    refuse_alone(options, option, fmt::format("--{}{}{}", needed, any ? "" : " ", value));
  }
}

/// An option that is used by any of several.
struct Shared {
  std::string_view option;
  std::vector<std::string_view> users;
};

void check_users(const TrainOptions& options) {
  static const std::vector<Shared> shared = {
      {"aug-interpolation", {"aug-rotation", "aug-shear"}},
      {"aug-fill", {"aug-zoom-out", "aug-rotation", "aug-shear", "aug-erase"}},
  };
  const auto given = [&](std::string_view name) { return is_given(options, name); };
  for (const auto& [option, users] : shared) {
    if (!given(option) || std::ranges::any_of(users, given)) continue;
    std::string names;
    for (const std::string_view user : users)
      names += fmt::format("{}--{}", names.empty() ? "" : ", or ", user);
    refuse_alone(options, option, names);
  }
}

/// Augmentations that are asked for, with an amount at which they leave every picture as it is.
void check_amounts(const TrainOptions& options) {
  constexpr int kAllBits = 8;
  constexpr int kAboveWhite = 256;
  const AugmentOptions& given = options.augmentation;
  const auto refuse = [](bool idle, std::string_view option, std::string_view expected) {
    if (!idle) return;
    fail(ErrorCode::invalid_argument, "train: {}: expected {} with it: as it is it changes nothing",
         option, expected);
  };
  const bool jitters =
      given.brightness > 0.0 || given.contrast > 0.0 || given.saturation > 0.0 || given.hue > 0.0;
  refuse(given.jitter_probability > 0.0 && !jitters, "aug-jitter",
         "--aug-brightness, --aug-contrast, --aug-saturation or --aug-hue");
  refuse(given.posterise_probability > 0.0 && given.posterise_bits == kAllBits, "aug-posterise",
         "fewer than 8 --aug-posterise-bits");
  refuse(given.solarise_probability > 0.0 && given.solarise_threshold == kAboveWhite,
         "aug-solarise", "an --aug-solarise-threshold below 256");
  refuse(given.sharpen_probability > 0.0 && given.sharpen_factor == 1.0, "aug-sharpen",
         "another --aug-sharpen-factor than 1");
  refuse(given.zoom_out_probability > 0.0 && given.min_zoom == 1.0, "aug-zoom-out",
         "an --aug-min-zoom below 1");
}

/// What only goes with something else is not left aside without a word.
void check_companions(const TrainOptions& options) {
  const auto refuse = [](bool given, std::string_view option, std::string_view expected) {
    if (given) fail(ErrorCode::invalid_argument, "train: {}: expected {}", option, expected);
  };
  refuse(options.siglip && options.label_smoothing > 0.0, "label-smoothing",
         "the contrastive loss, which --siglip replaces");
  refuse(options.siglip && !options.teacher.empty(), "distill-model",
         "the contrastive loss, which --siglip replaces");
  refuse(options.fastclip && options.siglip, "fastclip", "it or siglip");
  refuse(options.fastclip && options.label_smoothing > 0.0, "label-smoothing",
         "the contrastive loss, which --fastclip replaces");
  refuse(options.fastclip && !options.teacher.empty(), "distill-model",
         "the contrastive loss, which --fastclip replaces");
  refuse(options.csv_image_key == options.csv_caption_key, "csv-caption-key",
         "another column than csv-img-key's");
  refuse(!options.allow_change.empty() && options.resume.empty(), "allow-change",
         "--resume, whose run may then differ");
  refuse(options.group_captions && !options.group_key.empty(), "group-captions", "it or group-key");
  refuse(options.processes > 1 && !options.meeting_point.empty(), "dist-url",
         "it or nproc, whose processes meet by themselves");
  refuse(options.quick_gelu && options.no_quick_gelu, "quick-gelu", "it or its opposite");
  refuse(options.warmup_samples > 0 && options.warmup_share > 0.0, "warmup-share",
         "it or warmup-samples");
  refuse(options.warmup != TrainOptions{}.warmup &&
             (options.warmup_samples > 0 || options.warmup_share > 0.0),
         "warmup", "it, warmup-samples or warmup-share");
  refuse(options.schedule == "const-cooldown" && options.cooldown_epochs == 0, "lr-scheduler",
         "with const-cooldown its --epochs-cooldown");
  refuse(options.cooldown_epochs > options.epochs, "epochs-cooldown", "at most the epochs");
  refuse(options.cooldown_end > 0.0 && options.cooldown_end >= options.learning_rate,
         "lr-cooldown-end", "less than lr, from which it falls");
  refuse(options.caption_weight == 0.0 &&
             options.contrastive_weight != TrainOptions{}.contrastive_weight,
         "coca-contrastive-loss-weight",
         "a coca-caption-loss-weight above 0 to be weighed against");
  const TrainOptions defaults;
  refuse(options.optimiser == "lion" && options.epsilon != defaults.epsilon, "eps",
         "another optimiser than lion, which divides by nothing");
  refuse(options.weight_decay == 0.0 && !options.undecayed.empty(), "wd-exclude",
         "a decay (--wd) to exclude them from");
  refuse(options.weight_decay == 0.0 && options.decay_rule != defaults.decay_rule, "wd-rule",
         "a decay (--wd)");
  refuse(options.spike_factor > 0.0 && options.spike_factor <= 1.0, "spike-factor",
         "0 or above 1: half of all steps have more than their mean norm");
  const auto uses_lora = [](const options::TowerMode& mode) {
    return mode.kind == options::TowerMode::Kind::lora;
  };
  const bool lora =
      uses_lora(options::image_mode(options)) || uses_lora(options::text_mode(options));
  refuse(!lora && options.lora_alpha > 0.0, "lora-alpha", "a tower's mode lora:RANK");
}

void check_overwrite(const TrainOptions& options) {
  if (!options.overwrite || (options.resume != "latest" && options.resume != "auto")) return;
  fail(ErrorCode::invalid_argument,
       "train: overwrite: got it with --resume {}, which goes on with what it would remove",
       options.resume);
}

}  // namespace

const std::vector<TrainOptionInfo>& train_option_infos() {
  static const std::vector<TrainOptionInfo> infos = [] {
    std::vector<TrainOptionInfo> all;
    for (const OptionSpec& option : table()) {
      all.push_back(
          {option.name, option.heading, option.meaning, option.accepted(), option.is_switch()});
    }
    return all;
  }();
  return infos;
}

std::string train_option(const TrainOptions& options, std::string_view name) {
  return find(name).text(options);
}

void set_train_option(TrainOptions& options, std::string_view name, std::string_view text) {
  find(name).set(options, text);
}

std::vector<int> train_option_heads(const TrainOptions& options) {
  constexpr int kMost = 1 << 14;
  std::vector<int> heads;
  for (const std::string& text : options::split(options.heads)) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || number < 1 || number > kMost || heads.size() == 2) {
      fail(ErrorCode::invalid_argument,
           "train: heads: got '{}', expected a number of heads, or two as IMAGE,TEXT",
           options.heads);
    }
    heads.push_back(number);
  }
  return heads;
}

void check_train_options(const TrainOptions& options) {
  for (const OptionSpec& option : table()) option.check(options);
  require_text(options.train_data, "train-data", "shards or a table");
  require_text(options.model, "model", "a config or a model");
  require_text(options.logs.string(), "logs", "a folder");
  require_text(options.device, "device", "cpu, cuda, cuda:1, ...");
  check_name(options.name);
  check_orders(options.augmentation);
  check_batch(options);
  train_option_heads(options);
  check_needed(options);
  check_users(options);
  check_amounts(options);
  check_companions(options);
  check_overwrite(options);
  options::check_allowed_changes(options);
}

}  // namespace diptych
