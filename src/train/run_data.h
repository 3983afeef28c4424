#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/source/model_file.h"
#include "diptych/train.h"
#include "shards/dataset.h"
#include "train/loader.h"

namespace diptych::train {

/// Returns the pairs of a step, in all of its parts.
int pairs_per_step(const TrainOptions& options);

/// What a run trains on, opened and looked through.
struct RunData {
  shards::Dataset dataset;
  /// The group of each sample, as LoaderOptions::groups.
  std::vector<std::uint32_t> groups;
  /// Of the samples that were looked at.
  std::vector<std::string> captions;
  TrainDataSummary summary;
};

/// Opens the data of a run and refuses what would train on something else than was meant. Throws
/// Error: not_found, corrupt_data and invalid_argument when files cannot be read to the end (unless
/// TrainOptions::skip_bad_shards), when there is less than a batch, when none of the samples looked
/// at can be used, and for a key of the `json` parts that is nowhere.
RunData open_run_data(const TrainOptions& options);

LoaderOptions loader_options(const TrainOptions& options, const checkpoint::ModelFile& file,
                             const RunData& data, const Teacher* teacher);

}  // namespace diptych::train
