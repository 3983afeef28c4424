#include "train/run_state.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "checkpoint/safetensors.h"

namespace diptych::train {
namespace {

/// The key of our entry in the file's metadata.
const std::string kMetadataKey = "diptych_training";

nlohmann::json parse_state(const std::string& text, const std::string& file) {
  const nlohmann::json state = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  for (const char* field : {"step", "epoch", "index"}) {
    if (!state.is_object() || !state.contains(field) || !state[field].is_number_unsigned()) {
      fail(ErrorCode::corrupt_data, "training checkpoint: got no number '{}' in its metadata ({})",
           field, file);
    }
  }
  return state;
}

}  // namespace

void save_run(const std::filesystem::path& path, const Learner& learner,
              const RunPosition& position, const std::string& fingerprint) {
  TensorMap tensors;
  learner.save(tensors);
  const nlohmann::json state = {{"step", static_cast<std::uint64_t>(position.step)},
                                {"epoch", position.data.epoch},
                                {"index", position.data.index},
                                {"fingerprint", fingerprint}};
  checkpoint::write_safetensors(path, tensors, {{kMetadataKey, state.dump()}});
}

RunPosition load_run(const std::filesystem::path& path, Learner& learner,
                     const std::string& fingerprint) {
  const checkpoint::Safetensors file = checkpoint::open_safetensors(path);
  const auto metadata = file.metadata.find(kMetadataKey);
  if (metadata == file.metadata.end()) {
    fail(ErrorCode::invalid_argument, "resume: expected a checkpoint of diptych train ({})",
         path.string());
  }
  const nlohmann::json state = parse_state(metadata->second, path.string());
  const std::string saved = state.value("fingerprint", "");
  if (saved != fingerprint) {
    fail(ErrorCode::invalid_argument,
         "resume: the run was started with other options: got {}, expected {} ({})", fingerprint,
         saved, path.string());
  }
  learner.load(file.tensors);
  return {.step = state["step"].get<std::int64_t>(),
          .data = {.epoch = state["epoch"], .index = state["index"]}};
}

}  // namespace diptych::train
