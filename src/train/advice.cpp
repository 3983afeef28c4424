#include "train/advice.h"

#include <fmt/format.h>

#include <algorithm>

namespace diptych::train {
namespace {

/// The part of a run that is usually spent warming up.
constexpr std::int64_t kUsualWarmup = 20;

std::string on_warmup(const TrainOptions& options, std::int64_t total_steps) {
  const double highest = options.learning_rate * static_cast<double>(total_steps) / options.warmup;
  return fmt::format(
      "warmup: its {} steps are not over when the run of {} steps ends: the learning rate comes to "
      "{:.3g} of {:.3g} (--warmup {} would be usual)",
      options.warmup, total_steps, highest, options.learning_rate,
      std::max<std::int64_t>(1, total_steps / kUsualWarmup));
}

}  // namespace

std::vector<std::string> advice(const TrainOptions& options, std::int64_t total_steps) {
  std::vector<std::string> sentences;
  if (options.warmup >= total_steps) sentences.push_back(on_warmup(options, total_steps));
  if (options.batch_size == 1 && options.siglip)
    sentences.emplace_back("batch-size: one pair a step has no negatives to learn from");
  if (options.learning_rate == 0.0) sentences.emplace_back("lr: at 0 nothing is learnt");
  return sentences;
}

}  // namespace diptych::train
