#include "train/run_history.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "json/json.h"

namespace diptych::train {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const TrainProgress& progress) {
  Json line = {{"step", progress.step}, {"epoch", progress.epoch}};
  for (const NamedValue& named : values_of(progress)) line[std::string(named.name)] = named.value;
  return line;
}

/// A line's numbers; without a step when it is none of ours, as the last one of a killed run.
RunHistory::Entry entry_of(const std::string& line) {
  const Json json = read_ordered_json(line).value_or(Json());
  RunHistory::Entry entry;
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_unsigned())
    return entry;
  for (const NamedValue& named : values_of({})) {
    const auto found = json.find(std::string(named.name));
    if (found == json.end() || !(found->is_number() || found->is_null())) return {};
    // JSON has no NaN: of steps that were all left out there is no mean loss.
    entry.values.push_back(found->is_null() ? std::nan("") : found->get<double>());
  }
  entry.step = json["step"].get<std::int64_t>();
  return entry;
}

}  // namespace

std::vector<NamedValue> values_of(const TrainProgress& progress) {
  return {{"train/loss", progress.loss},
          {"train/lr", progress.learning_rate},
          {"train/scale", progress.logit_scale},
          {"train/grad_norm", progress.gradient_norm},
          {"train/samples_per_second", progress.pairs_per_second},
          {"train/batch_time", progress.step_seconds},
          {"train/data_time", progress.data_seconds},
          {"train/skipped_steps", static_cast<double>(progress.skipped_steps)},
          {"train/refused", static_cast<double>(progress.refused)}};
}

RunHistory::RunHistory(std::filesystem::path path, std::int64_t steps_done)
    : path_(std::move(path)) {
  keep(steps_done);
  file_.open(path_, std::ios::app);
}

void RunHistory::keep(std::int64_t steps_done) {
  std::string kept;
  std::ifstream before(path_);
  for (std::string line; std::getline(before, line);) {
    Entry entry = entry_of(line);
    if (entry.step == 0 || entry.step > steps_done) continue;
    kept += line + "\n";
    entries_.push_back(std::move(entry));
  }
  write_file(path_, kept);
  lines_ = std::move(kept);
}

void RunHistory::add(const TrainProgress& progress) {
  const std::string line = json_of(progress).dump();
  lines_ += line + "\n";
  std::error_code unknown;
  if (std::filesystem::exists(path_, unknown)) {
    file_ << line << std::endl;
  } else {  // somebody removed it
    file_.close();
    file_.clear();
    file_.open(path_, std::ios::app);
    file_ << lines_ << std::flush;
  }
  if (!file_) fail(ErrorCode::io, "train: cannot write {}", path_.string());
  Entry entry{.step = progress.step, .values = {}};
  for (const NamedValue& named : values_of(progress)) entry.values.push_back(named.value);
  entries_.push_back(std::move(entry));
}

}  // namespace diptych::train
