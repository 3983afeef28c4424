#include "train/advice.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "options/tower_mode.h"
#include "train/patch_draw.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

/// The part of a run that is usually spent warming up.
constexpr std::int64_t kUsualWarmup = 20;

using Note = std::optional<std::string>;

Note on_warmup(const TrainOptions& options, const Schedule& schedule) {
  const std::int64_t steps = schedule.warmup_steps;
  const std::int64_t total = schedule.total_steps;
  const bool is_over = steps < total || (steps == 1 && total == 1);
  if (!is_over) {
    const double highest =
        options.learning_rate * static_cast<double>(total) / static_cast<double>(steps);
    return fmt::format(
        "warmup: of its {} steps the run has {}: the learning rate comes to {:.3g} of {:.3g} "
        "(--warmup {} would be usual)",
        steps, total, highest, options.learning_rate, total / kUsualWarmup);
  }
  if (schedule.kind != Schedule::Kind::constant_with_cooldown) return std::nullopt;
  const std::int64_t falls_from = total - schedule.cooldown_steps;
  if (steps <= falls_from) return std::nullopt;
  return fmt::format(
      "warmup: its {} steps end after the cool-down begins, at step {}: the learning rate jumps "
      "from {:.3g} to {:.3g}",
      steps, falls_from, schedule.learning_rate(steps - 1), schedule.learning_rate(steps));
}

/// How much a batch counts falls over epochs that the run does not have.
Note on_fastclip(const TrainOptions& options) {
  if (!options.fastclip || options.fastclip_decay_epochs <= options.epochs) return std::nullopt;
  return fmt::format(
      "fastclip-decay-epochs: its {} epochs are not over when the run of {} ends: how much a batch "
      "counts does not come down to {:.3g}",
      options.fastclip_decay_epochs, options.epochs, options.fastclip_gamma);
}

/// FLIP leaves out half of the patches or three quarters.
Note on_patches(const TrainOptions& options, const network::Model& model) {
  constexpr int kUsualParts = 10;
  if (options.patch_dropout == 0.0) return std::nullopt;
  const int patches = network::patch_count(model.config.image);
  const int kept = kept_patches(options, model);
  if (kept * kUsualParts >= patches) return std::nullopt;
  return fmt::format(
      "force-patch-dropout: of a picture's {} patches every step sees {} (0.5 to 0.75 would be "
      "usual)",
      patches, kept);
}

/// What is random at first is kept so.
Note on_random_tower(const TrainOptions& options, bool starts_anew) {
  using Kind = options::TowerMode::Kind;
  const bool image = options::image_mode(options).kind != Kind::full;
  const bool text = options::text_mode(options).kind != Kind::full;
  if (!starts_anew || (!image && !text)) return std::nullopt;
  return fmt::format(
      "{}: the model starts from random weights, which stay as they are where they are not "
      "trained; "
      "a trained --model may be meant",
      image ? "image-mode" : "text-mode");
}

/// Products of two matrices that have more numbers than the matrix they are added to.
Note on_rank(const TrainOptions& options, const network::Model& model) {
  const std::vector<AdapterSpec> adapters = trained_part(options, model).adapters;
  const auto is_full = [&](const AdapterSpec& adapter) {
    return adapter.rank > full_rank(model.parameters, adapter);
  };
  const auto first = std::find_if(adapters.begin(), adapters.end(), is_full);
  if (first == adapters.end()) return std::nullopt;
  return fmt::format(
      "lora: of {} matrices {} have no rank so high as is added, the first: lora:{} to one of rank "
      "{} ({})",
      adapters.size(), std::count_if(adapters.begin(), adapters.end(), is_full), first->rank,
      full_rank(model.parameters, *first), model.parameters.spec(first->parameter).name);
}

/// What suits AdamW is several times too much for a rule whose every step is of full size.
std::string on_lion(const TrainOptions& options) {
  return fmt::format(
      "opt: lion's learning rate is usually 3 to 10 times smaller than adamw's, and its decay as "
      "many times larger: got {:.3g} and {:.3g}",
      options.learning_rate, options.weight_decay);
}

/// A step moves a weight by about the learning rate; most weights are some hundredths.
Note on_learning_rate(const TrainOptions& options) {
  constexpr double kLeast = 1e-9;
  constexpr double kMost = 0.1;
  const double rate = options.learning_rate;
  if (rate == 0.0) return "lr: at 0 nothing is learnt";
  if (rate >= kLeast && rate <= kMost) return std::nullopt;
  return fmt::format("lr: at {:.3g} {} (5e-4 would be usual)", rate,
                     rate < kLeast ? "hardly anything is learnt"
                                   : "a step moves weights by more than they are large");
}

Note on_decay(const TrainOptions& options) {
  constexpr double kMost = 0.1;
  const double part = options.learning_rate * options.weight_decay;
  if (part <= kMost) return std::nullopt;
  return fmt::format("wd: at a learning rate of {:.3g} every step takes {:.0f} % off all matrices",
                     options.learning_rate, 100.0 * std::min(part, 1.0));
}

/// A step divides by a root to which epsilon was added: gradients that are all smaller hardly
/// count.
Note on_clipping(const TrainOptions& options) {
  const double longest = options.gradient_clip_norm;
  const bool divides = options.optimiser != "lion" && options.optimiser != "muon";
  if (longest == 0.0 || !divides || longest >= options.epsilon) return std::nullopt;
  return fmt::format(
      "grad-clip-norm: at {:.3g} gradients are less than eps ({:.3g}), and hardly anything is "
      "learnt (1 would be usual)",
      longest, options.epsilon);
}

bool is_frozen(const options::TowerMode& mode) {
  return mode.kind == options::TowerMode::Kind::frozen && mode.unlocked == 0;
}

}  // namespace

std::vector<std::string> advice(const TrainOptions& options, const Schedule& schedule,
                                const network::Model& model, bool starts_anew) {
  constexpr double kMostForLion = 3e-4;
  std::vector<std::string> sentences;
  for (const Note& note :
       {on_warmup(options, schedule), on_fastclip(options), on_patches(options, model),
        on_rank(options, model), on_random_tower(options, starts_anew), on_learning_rate(options),
        on_decay(options), on_clipping(options)})
    if (note) sentences.push_back(*note);
  if (options.batch_size == 1 && options.accum_freq == 1 && options.siglip)
    sentences.emplace_back("batch-size: one pair a step has no negatives to learn from");
  if (options.optimiser == "lion" && options.learning_rate > kMostForLion)
    sentences.push_back(on_lion(options));
  if (is_frozen(options::image_mode(options)) && is_frozen(options::text_mode(options)))
    sentences.emplace_back("image-mode, text-mode: of two frozen towers little is left to learn");
  return sentences;
}

}  // namespace diptych::train
