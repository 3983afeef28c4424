#include "train_plan.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string>

#include "counted.h"

using diptych::TrainPlan;

namespace {

std::string in_gigabytes(std::uint64_t bytes) {
  constexpr double kGigabyte = 1e9;
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / kGigabyte);
}

/// "3.2 h", "14 min", "12 s".
std::string in_time(double seconds) {
  constexpr double kMinute = 60.0;
  constexpr double kHour = 3600.0;
  if (seconds >= 2 * kHour) return fmt::format("{:.1f} h", seconds / kHour);
  if (seconds >= 2 * kMinute) return fmt::format("{:.0f} min", seconds / kMinute);
  return fmt::format("{:.1f} s", seconds);
}

double seconds_an_epoch(const TrainPlan& plan) {
  return plan.step_seconds * static_cast<double>(plan.steps_an_epoch);
}

std::string memory_line(const TrainPlan& plan) {
  std::string line = "plan: memory " + in_gigabytes(plan.memory_bytes);
  if (plan.processes > 1) line += " a process";
  if (plan.available_bytes > 0) line += " of " + in_gigabytes(plan.available_bytes);
  if (plan.bytes_a_pair == 0) return line + "; the batch is too small to say what a pair takes";
  line += fmt::format(", {:.2f} MB of it a pair", static_cast<double>(plan.bytes_a_pair) / 1e6);
  if (plan.available_bytes == 0) return line;
  return line + fmt::format("; --batch-size {} would fit", plan.largest_batch);
}

}  // namespace

void print_plan(const TrainPlan& plan) {
  for (const std::string& note : plan.notes) print_note(note);
  const std::string shared =
      plan.processes > 1 ? fmt::format(" shared by {} processes", plan.processes) : "";
  print_line(fmt::format("plan: {} parameters, {} trained; {} of {}, {} of {}{}", plan.parameters,
                         plan.trained, counted(plan.epochs, "epoch"), counted(plan.pairs, "pair"),
                         counted(plan.steps_an_epoch, "step"), plan.batch_size, shared));
  print_line(memory_line(plan));
  print_line(
      fmt::format("plan: {:.3f} s a step, {:.3f} s of it waiting for data, {:.0f} pairs/s; "
                  "an epoch {}, the run {}",
                  plan.step_seconds, plan.data_seconds, plan.pairs_per_second,
                  in_time(seconds_an_epoch(plan)), in_time(seconds_an_epoch(plan) * plan.epochs)));
}

Json plan_json(const TrainPlan& plan) {
  return {{"parameters", plan.parameters},
          {"trained", plan.trained},
          {"pairs", plan.pairs},
          {"epochs", plan.epochs},
          {"steps_an_epoch", plan.steps_an_epoch},
          {"batch_size", plan.batch_size},
          {"processes", plan.processes},
          {"memory_bytes", plan.memory_bytes},
          {"bytes_a_pair", plan.bytes_a_pair},
          {"available_bytes", plan.available_bytes},
          {"largest_batch", plan.largest_batch},
          {"step_seconds", plan.step_seconds},
          {"data_seconds", plan.data_seconds},
          {"pairs_per_second", plan.pairs_per_second},
          {"seconds_an_epoch", seconds_an_epoch(plan)},
          {"notes", plan.notes}};
}
