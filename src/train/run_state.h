#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/containers/safetensors.h"
#include "checkpoint/source/model_file.h"
#include "shards/sampler.h"
#include "train/learner.h"
#include "train/run_record.h"
#include "train/saved_state.h"

namespace diptych::train {

/// Where a run stands besides its weights and optimiser.
struct RunPosition {
  std::int64_t step = 0;         ///< steps done
  shards::SamplerPosition data;  ///< where the next batch begins
};

/// Everything that a bit-exact continuation needs: weights, moments, position, record; with what
/// else the model is, so that it can be loaded as one. Copies on the host, but for what add_state
/// does not copy.
struct RunState {
  std::int64_t step = 0;
  TensorMap tensors;
  checkpoint::Metadata metadata;
};

/// Copies them as they are now.
RunState copy_state(const Learner& learner, const RunPosition& position, const RunRecord& record,
                    const checkpoint::ModelFile& model);

/// Writes a state and a checksum of it as one safetensors file to each of the paths, one after the
/// other, each atomically. Throws Error: io; invalid_argument, and writes nothing, when a number in
/// it is not finite.
void write_state(RunState state, const std::vector<std::filesystem::path>& paths);

/// Such a file, open.
class SavedRun {
 public:
  /// Throws Error: not_found, corrupt_data, and invalid_argument for another program's file.
  explicit SavedRun(const std::filesystem::path& path);

  const std::string& name() const { return name_; }
  const RunPosition& position() const { return position_; }
  const RunRecord& record() const { return record_; }

  /// Throws Error(corrupt_data) when the checksum does not hold, for which all of the file is read.
  void check() const;
  /// Puts the learner where the run stood, and returns what of it starts afresh, which is nothing
  /// unless `missing` says that it may. Throws Error(corrupt_data).
  std::vector<std::string> restore(Learner& learner, SavedState::Missing missing) const;

 private:
  std::string name_;
  checkpoint::Safetensors file_;
  RunPosition position_;
  RunRecord record_;
};

}  // namespace diptych::train
