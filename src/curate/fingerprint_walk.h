#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/parallel.h"
#include "curate/fingerprint.h"
#include "diptych/shard_tools.h"

namespace diptych::curate {

/// Called for every sample, in order, also those without a picture that can be read.
using TakeFingerprint = std::function<void(const shards::Sample&, const Fingerprint&)>;

/// Reads the pictures of all files in parallel. Those that cannot be read, or with `needs_hash` not
/// be decoded, are counted in `samples.dropped`.
void walk_fingerprints(const std::vector<std::filesystem::path>& files, const SampleInputs& inputs,
                       bool needs_hash, ThreadPool& pool, const StageOptions& stage,
                       StageReport& file_report, StageReport& samples, const TakeFingerprint& take);

/// Adds the pictures of evaluation sets, if there are any. Throws Error(invalid_argument) when one
/// of them cannot be read.
void add_evaluation_sets(const SampleInputs& sets, int distance, ThreadPool& pool,
                         const StageOptions& stage, StageReport& file_report, CopyFinder& finder);

}  // namespace diptych::curate
