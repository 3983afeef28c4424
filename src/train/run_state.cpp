#include "train/run_state.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>

#include "base/error.h"
#include "checkpoint/configs/model_metadata.h"
#include "json/json.h"
#include "tensor/finite.h"
#include "train/checksum.h"

namespace diptych::train {
namespace {

/// Our entries in the file's metadata.
constexpr const char* kState = "diptych_training";
constexpr const char* kChecksum = "checksum";

nlohmann::json parse_state(const std::string& text, const std::string& file) {
  nlohmann::json state = parse_json(text, file);
  for (const char* field : {"step", "epoch", "index"}) {
    if (!state.is_object() || !state.contains(field) || !state[field].is_number_unsigned()) {
      fail(ErrorCode::corrupt_data, "training checkpoint: got no number '{}' in its metadata ({})",
           field, file);
    }
  }
  return state;
}

/// Calls look(bytes, dtype) for every tensor.
template <typename Look>
std::string checksum_of(const TensorMap& tensors, const checkpoint::Metadata& metadata,
                        const Look& look) {
  Checksum checksum;
  for (const auto& [key, text] : metadata) {
    if (key == kChecksum) continue;
    checksum.add(key);
    checksum.add(text);
  }
  for (const auto& [name, view] : tensors.tensors) {
    checksum.add(name);
    checksum.add(to_string(view.shape));
    const DenseTensor dense(view);
    look(dense.bytes(), view.dtype);
    checksum.add(dense.bytes());
  }
  return checksum.text();
}

}  // namespace

RunState copy_state(const Learner& learner, const RunPosition& position, const RunRecord& record,
                    const checkpoint::ModelFile& model) {
  RunState state{.step = position.step, .metadata = checkpoint::write_model_metadata(model)};
  learner.save(state.tensors);
  nlohmann::json entry = to_json(record);
  entry["step"] = static_cast<std::uint64_t>(position.step);
  entry["epoch"] = position.data.epoch;
  entry["index"] = position.data.index;
  state.metadata[kState] = entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return state;
}

void write_state(RunState state, const std::vector<std::filesystem::path>& paths) {
  const auto require_finite = [&](std::span<const std::byte> elements, DType dtype) {
    if (all_finite(elements, dtype)) return;
    fail(ErrorCode::invalid_argument,
         "train: weights are no longer finite after step {}: lower the learning rate or clip the "
         "gradients; the last checkpoint is untouched",
         state.step);
  };
  state.metadata[kChecksum] = checksum_of(state.tensors, state.metadata, require_finite);
  checkpoint::write_safetensors(paths.front(), state.tensors, state.metadata);
  // The others from the file: what lies in shards is not gathered once more.
  const checkpoint::Safetensors written = checkpoint::open_safetensors(paths.front());
  for (std::size_t i = 1; i < paths.size(); ++i)
    checkpoint::write_safetensors(paths[i], written.tensors, written.metadata);
}

SavedRun::SavedRun(const std::filesystem::path& path)
    : name_(path.string()), file_(checkpoint::open_safetensors(path)) {
  const auto text = file_.metadata.find(kState);
  if (text == file_.metadata.end()) {
    fail(ErrorCode::invalid_argument, "train: resume: expected a checkpoint of diptych train ({})",
         name_);
  }
  const nlohmann::json state = parse_state(text->second, name_);
  position_ = {.step = state["step"].get<std::int64_t>(),
               .data = {.epoch = state["epoch"], .index = state["index"]}};
  record_ = read_record(state, name_);
}

void SavedRun::check() const {
  const auto expected = file_.metadata.find(kChecksum);
  const std::string got =
      checksum_of(file_.tensors, file_.metadata, [](const auto& /*elements*/, DType /*dtype*/) {});
  if (expected != file_.metadata.end() && expected->second == got) return;
  fail(ErrorCode::corrupt_data,
       "training checkpoint: got the checksum {}, expected {}: the file is damaged; go on from an "
       "earlier one ({})",
       got, expected == file_.metadata.end() ? "one" : expected->second, name_);
}

std::vector<std::string> SavedRun::restore(Learner& learner, SavedState::Missing missing) const {
  SavedState saved(file_.tensors, missing);
  learner.load(saved);
  return saved.afresh();
}

}  // namespace diptych::train
