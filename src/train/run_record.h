#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/source/model_file.h"
#include "diptych/train_options.h"
#include "shards/dataset.h"

namespace diptych::train {

/// Everything that a run's result depends on, as its checkpoints keep it.
struct RunRecord {
  using Values = std::map<std::string, std::string>;
  Values options;
  Values model;  ///< what is computed, not with which weights
  Values data;   ///< how much there is, and digests of it
};

RunRecord record_run(const TrainOptions& options, const checkpoint::ModelFile& model,
                     const shards::Dataset& dataset);

nlohmann::json to_json(const RunRecord& record);
/// Throws Error(corrupt_data).
RunRecord read_record(const nlohmann::json& json, const std::string& file);

/// Throws Error(invalid_argument), naming every difference that `options` do not allow. Returns a
/// sentence on each one that they do.
std::vector<std::string> check_continuation(const RunRecord& saved, const RunRecord& now,
                                            const TrainOptions& options, const std::string& file);

/// Returns a sentence on what of a table's pictures cannot be compared; nothing when all is.
std::optional<std::string> note_on_pictures(const RunRecord& saved, const RunRecord& now);

}  // namespace diptych::train
