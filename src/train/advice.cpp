#include "train/advice.h"

#include <fmt/core.h>

#include <algorithm>

#include "options/tower_mode.h"

namespace diptych::train {
namespace {

/// The part of a run that is usually spent warming up.
constexpr std::int64_t kUsualWarmup = 20;

std::string on_warmup(const TrainOptions& options, const Schedule& schedule) {
  const double highest = options.learning_rate * static_cast<double>(schedule.total_steps) /
                         static_cast<double>(schedule.warmup_steps);
  return fmt::format(
      "warmup: its {} steps are not over when the run of {} steps ends: the learning rate comes to "
      "{:.3g} of {:.3g} (--warmup {} would be usual)",
      schedule.warmup_steps, schedule.total_steps, highest, options.learning_rate,
      std::max<std::int64_t>(1, schedule.total_steps / kUsualWarmup));
}

/// What suits AdamW is several times too much for a rule whose every step is of full size.
std::string on_lion(const TrainOptions& options) {
  return fmt::format(
      "opt: lion's learning rate is usually 3 to 10 times smaller than adamw's, and its decay as "
      "many times larger: got {:.3g} and {:.3g}",
      options.learning_rate, options.weight_decay);
}

bool is_frozen(const options::TowerMode& mode) {
  return mode.kind == options::TowerMode::Kind::frozen && mode.unlocked == 0;
}

}  // namespace

std::vector<std::string> advice(const TrainOptions& options, const Schedule& schedule) {
  constexpr double kMostForLion = 3e-4;
  std::vector<std::string> sentences;
  if (schedule.warmup_steps >= schedule.total_steps)
    sentences.push_back(on_warmup(options, schedule));
  if (options.batch_size == 1 && options.accum_freq == 1 && options.siglip)
    sentences.emplace_back("batch-size: one pair a step has no negatives to learn from");
  if (options.learning_rate == 0.0) sentences.emplace_back("lr: at 0 nothing is learnt");
  if (options.optimiser == "lion" && options.learning_rate > kMostForLion)
    sentences.push_back(on_lion(options));
  if (is_frozen(options::image_mode(options)) && is_frozen(options::text_mode(options)))
    sentences.emplace_back("image-mode, text-mode: of two frozen towers little is left to learn");
  return sentences;
}

}  // namespace diptych::train
