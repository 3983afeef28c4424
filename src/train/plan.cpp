#include "train/plan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/append.h"
#include "base/error.h"
#include "libtorch/device.h"
#include "train/advice.h"
#include "train/captions_as_read.h"
#include "train/device_memory.h"
#include "train/loader.h"
#include "train/meter.h"
#include "train/patch_draw.h"
#include "train/run_data.h"
#include "train/run_record.h"
#include "train/schedule.h"
#include "train/shared_run.h"
#include "train/starting_model.h"
#include "train/step_exchange.h"
#include "train/tower_modes.h"

namespace diptych::train {
namespace {

/// What is left free: for what else a run needs, and for longer captions than those that were seen.
constexpr double kUsed = 0.9;

/// Everything that a run computes with, and none of its files.
struct Trial {
  Trial(const TrainOptions& chosen, const ModelReader& source,
        const libtorch::ProcessGroup* processes)
      : options(chosen),
        group(processes),
        file(starting_model(chosen, source, processes)),
        model(network::make_model(file.config)),
        tokenizer(tokenizer_of(file, tokenizer_name(chosen))),
        data(open_run_data(chosen)),
        teacher(make_teacher(chosen, source)),
        loader(data.dataset, model, *tokenizer, loading(), {}),
        schedule(schedule_of(chosen, static_cast<std::int64_t>(loader.batches_per_epoch()))),
        learner(make_learner(chosen, file, FirstWeights::of_the_model, data.dataset.size(),
                             teacher.get(), {}, group)) {}

  LoaderOptions loading() const {
    LoaderOptions loading = loader_options(options, file, data, teacher.get());
    load_own_part(group, loading);
    return loading;
  }

  /// This process's part of the next batch that has two pairs.
  LoadedBatch next_batch() {
    for (std::size_t i = 0; i < loader.batches_per_epoch(); ++i) {
      LoadedBatch loaded = loader.next();
      if (group != nullptr) exchange_step(*group, /*asked_to_stop=*/false, loaded);
      if (loaded.pairs < 2) continue;
      loaded.batch.patches = draw_patches(options, model, loaded.batch, 0);
      return loaded;
    }
    fail(ErrorCode::corrupt_data, "train: plan: got no batch of an epoch with two pairs ({})",
         options.train_data);
  }

  const TrainOptions& options;
  const libtorch::ProcessGroup* group;
  checkpoint::ModelFile file;
  network::Model model;
  std::shared_ptr<const Tokenizer> tokenizer;
  RunData data;
  std::unique_ptr<Teacher> teacher;
  Loader loader;
  Schedule schedule;
  std::unique_ptr<Learner> learner;
};

/// The most memory that a step takes.
std::uint64_t peak_of_step(Trial& trial, const DeviceMemory& memory, const Batch& batch) {
  memory.reset_peak();
  trial.learner->step(batch, trial.schedule.learning_rate(0));
  return memory.peak();
}

/// Makes of what each process found what all of them go by: the one that takes most.
void agree_on_memory(const libtorch::ProcessGroup& group, TrainPlan& plan) {
  // Where a pair does not show, nothing is known of how many fit.
  constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
  const std::int64_t fit = plan.bytes_a_pair > 0 ? plan.largest_batch * group.world() : kAny;
  const auto all = group.gathered_numbers({static_cast<std::int64_t>(plan.memory_bytes),
                                           static_cast<std::int64_t>(plan.bytes_a_pair),
                                           static_cast<std::int64_t>(plan.available_bytes), fit});
  const auto extreme = [&](std::size_t number, auto better) {
    std::int64_t found = all.front()[number];
    for (const auto& numbers : all)
      found = better(found, numbers[number]) ? found : numbers[number];
    return found;
  };
  plan.memory_bytes = static_cast<std::uint64_t>(extreme(0, std::greater<>()));
  plan.bytes_a_pair = static_cast<std::uint64_t>(extreme(1, std::greater<>()));
  plan.available_bytes = static_cast<std::uint64_t>(extreme(2, std::less<>()));
  plan.largest_batch = extreme(3, std::less<>());
  if (plan.largest_batch == kAny) plan.largest_batch = 0;
}

/// From the memory of a step of few pairs and of all: what a pair takes, and how many fit.
void measure_memory(Trial& trial, TrainPlan& plan) {
  const torch::Device device = libtorch::device_of(trial.options.device);
  const DeviceMemory memory(device);
  const Batch batch = trial.next_batch().batch;
  const int pairs = batch.pairs();
  const int few = std::min(pairs, std::max(2, pairs / 4));
  // The first step makes the moments, and whatever libtorch makes once.
  peak_of_step(trial, memory, part_of(batch, 0, few));
  // Beside its steps a run has a copy of its state, on the host, while it writes a checkpoint.
  TensorMap copy_of_state;
  if (device.is_cpu()) trial.learner->save(copy_of_state);
  const auto small = static_cast<double>(peak_of_step(trial, memory, part_of(batch, 0, few)));
  plan.memory_bytes = peak_of_step(trial, memory, batch);
  plan.available_bytes =
      memory.available(trial.group == nullptr ? 1 : trial.group->processes_on_machine());
  const auto large = static_cast<double>(plan.memory_bytes);
  if (pairs == few || large <= small) return;
  const double parts = trial.options.accum_freq;
  const double each = (large - small) * parts / (pairs - few);
  const double fixed = large - each * pairs / parts;
  const double free = kUsed * static_cast<double>(plan.available_bytes) - fixed;
  plan.bytes_a_pair = static_cast<std::uint64_t>(each);
  plan.largest_batch = free > each ? static_cast<std::int64_t>(free / each) : 0;
}

/// The sum over all processes.
double of_all(const libtorch::ProcessGroup* group, double number) {
  return group == nullptr ? number : group->sum(number);
}

/// Whole steps as a run does them, those of the loader's threads beside them included.
void measure_time(Trial& trial, TrainPlan& plan) {
  constexpr int kSteps = 3;
  constexpr double kEnough = 20.0;
  const Clock::time_point start = Clock::now();
  int steps = 0;
  double pairs = 0.0;
  const auto goes_on = [&] {
    const double late = seconds_since(start) < kEnough ? 0.0 : 1.0;
    return steps < kSteps && of_all(trial.group, late) == 0.0;
  };
  while (goes_on()) {
    const Clock::time_point asked = Clock::now();
    const LoadedBatch loaded = trial.next_batch();
    plan.data_seconds += seconds_since(asked);
    trial.learner->step(loaded.batch, trial.schedule.learning_rate(0));
    pairs += loaded.pairs;
    ++steps;
  }
  plan.step_seconds = seconds_since(start) / steps;
  plan.data_seconds = of_all(trial.group, plan.data_seconds) / (steps * plan.processes);
  plan.pairs_per_second = pairs / (plan.step_seconds * steps);
}

}  // namespace

TrainPlan plan(const TrainOptions& options, const ModelReader& source,
               const TrainProcess& process) {
  check_train_options(options);
  const auto group = join_processes(options, process);
  Trial trial(options, source, group.get());
  if (group) {
    check_shared_run(options, trial.model, group->world());
    agree_on_run(*group, record_run(options, trial.file, trial.data.dataset), {});
  }
  TrainPlan result;
  result.processes = process.world;
  result.pairs = static_cast<std::int64_t>(trial.data.dataset.size());
  result.steps_an_epoch = static_cast<std::int64_t>(trial.loader.batches_per_epoch());
  result.epochs = options.epochs;
  result.batch_size = pairs_per_step(options);
  result.parameters = count_parameters(trial.model.parameters);
  result.trained = count_trained(trial.model.parameters, trained_part(options, trial.model));
  result.notes = trial.data.summary.notes;
  append(result.notes, check_captions_as_read(trial.data.captions, *trial.tokenizer,
                                              network::context_length(trial.model.config.text)));
  append(result.notes,
         advice(options, trial.schedule, trial.model, trial.file.weights.tensors.empty()));
  measure_memory(trial, result);
  if (group) agree_on_memory(*group, result);
  measure_time(trial, result);
  return result;
}

}  // namespace diptych::train
