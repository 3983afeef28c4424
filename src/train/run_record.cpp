#include "train/run_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "checkpoint/configs/diptych_json.h"
#include "options/resume_options.h"
#include "train/checksum.h"
#include "train/data_identity.h"

namespace diptych::train {
namespace {

using options::Difference;
using Values = RunRecord::Values;

/// "/image_tower/width" of JSON pointers as "image_tower.width".
std::string dotted(std::string pointer) {
  std::ranges::replace(pointer, '/', '.');
  return pointer.substr(std::min<std::size_t>(1, pointer.size()));
}

Values model_values(const checkpoint::ModelFile& model) {
  nlohmann::json json = checkpoint::write_diptych_json(model);
  for (const char* told : {"name", "licence", "provenance", "assumptions", "references"})
    json.erase(told);
  Values values;
  const nlohmann::json flat = json.flatten();
  for (const auto& [pointer, value] : flat.items())
    values.emplace(dotted(pointer), value.is_string() ? value.get<std::string>() : value.dump());
  Checksum vocabulary;
  vocabulary.add(model.tokenizer.vocabulary);
  values.emplace("tokenizer.digest", vocabulary.text());
  return values;
}

std::string value_of(const Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? "nothing" : found->second;
}

void compare(const Values& saved, const Values& now, std::string_view what,
             std::vector<Difference>& differences) {
  std::set<std::string> names;
  for (const Values& values : {saved, now}) {
    for (const auto& [name, value] : values) names.insert(name);
  }
  for (const std::string& name : names) {
    const std::string was = value_of(saved, name);
    const std::string is = value_of(now, name);
    if (was == is) continue;
    differences.push_back({.what = fmt::format("{}.{}", what, name),
                           .was = was,
                           .is = is,
                           .allow = std::string(what)});
  }
}

/// The data without what makes no other data, nor what an older checkpoint did not keep.
Values compared_data(const RunRecord& record, const RunRecord& other) {
  Values values = record.data;
  values.erase(kNewestPicture);
  if (!other.data.contains(kPictureSizes)) values.erase(kPictureSizes);
  return values;
}

std::string describe(const Difference& difference) {
  const auto shown = [](const std::string& value) {
    return value.empty() ? std::string("nothing") : value;
  };
  return fmt::format("{} was {}, is {}", difference.what, shown(difference.was),
                     shown(difference.is));
}

Values read_values(const nlohmann::json& json, const char* field, const std::string& file) {
  const auto found = json.find(field);
  const bool fits = found != json.end() && found->is_object() &&
                    std::all_of(found->begin(), found->end(),
                                [](const nlohmann::json& value) { return value.is_string(); });
  if (!fits)
    fail(ErrorCode::corrupt_data, "training checkpoint: got no texts '{}' ({})", field, file);
  return found->get<Values>();
}

}  // namespace

RunRecord record_run(const TrainOptions& options, const checkpoint::ModelFile& model,
                     const shards::Dataset& dataset) {
  return {.options = options::result_options(options),
          .model = model_values(model),
          .data = identify_data(dataset)};
}

nlohmann::json to_json(const RunRecord& record) {
  return {{"options", record.options}, {"model", record.model}, {"data", record.data}};
}

RunRecord read_record(const nlohmann::json& json, const std::string& file) {
  return {.options = read_values(json, "options", file),
          .model = read_values(json, "model", file),
          .data = read_values(json, "data", file)};
}

std::vector<std::string> check_continuation(const RunRecord& saved, const RunRecord& now,
                                            const TrainOptions& options, const std::string& file) {
  std::vector<Difference> differences = options::compare_options(saved.options, options);
  compare(saved.model, now.model, options::kModelChange, differences);
  compare(compared_data(saved, now), compared_data(now, saved), options::kDataChange, differences);
  std::vector<std::string> allowed;
  std::vector<std::string> refused;
  std::set<std::string> names;
  for (const Difference& difference : differences) {
    const bool is_allowed = options::is_allowed(options, difference.allow);
    (is_allowed ? allowed : refused).push_back(describe(difference));
    if (!is_allowed) names.insert(difference.allow);
  }
  if (!refused.empty()) {
    fail(
        ErrorCode::invalid_argument,
        "train: resume: the run was started with something else: {} (--allow-change {} goes on all "
        "the same; {})",
        fmt::join(refused, "; "), fmt::join(names, ","), file);
  }
  return allowed;
}

std::optional<std::string> note_on_pictures(const RunRecord& saved, const RunRecord& now) {
  if (!now.data.contains(kPictureSizes)) return std::nullopt;
  if (!saved.data.contains(kPictureSizes))
    return "train-data: the checkpoint knows nothing of the table's pictures: they are not "
           "compared";
  const std::string was = value_of(saved.data, kNewestPicture);
  const std::string is = value_of(now.data, kNewestPicture);
  if (was == is) return std::nullopt;
  return fmt::format(
      "train-data: the newest of the table's pictures was of {}, is of {}: sizes alone are "
      "compared, "
      "so that a picture replaced by one of equal size is not noticed",
      was, is);
}

}  // namespace diptych::train
