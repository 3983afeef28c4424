#pragma once

#include <filesystem>
#include <string>

#include "shards/sampler.h"
#include "train/learner.h"

namespace diptych::train {

/// Where a run stands besides its weights and optimiser.
struct RunPosition {
  std::int64_t step = 0;         ///< steps done
  shards::SamplerPosition data;  ///< where the next batch begins
};

/// Writes one safetensors file with everything a bit-exact continuation needs: weights, moments,
/// position. `fingerprint` names what must not change between the parts of a run. Atomic. Throws
/// Error(io).
void save_run(const std::filesystem::path& path, const Learner& learner,
              const RunPosition& position, const std::string& fingerprint);

/// Puts the learner where the file's run stood. Throws Error: not_found, corrupt_data, and
/// invalid_argument when the fingerprints differ.
RunPosition load_run(const std::filesystem::path& path, Learner& learner,
                     const std::string& fingerprint);

}  // namespace diptych::train
