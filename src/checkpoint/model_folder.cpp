#include "checkpoint/model_folder.h"

#include <optional>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/families/families.h"
#include "checkpoint/fitting/panels.h"
#include "checkpoint/fitting/quantised.h"
#include "network/model.h"

namespace diptych::checkpoint {
namespace {

TensorMap placed_weights(const ModelFile& model, const std::filesystem::path& folder) {
  const network::Model description = network::make_model(model.config);
  return place_weights(model.weights, diptych_family().rules, {}, description.parameters,
                       folder.string());
}

/// Floating-point tensors as `floating`, or as they are.
void write_folder(const std::filesystem::path& folder, const ModelFile& model,
                  const TensorMap& weights, std::optional<DType> floating) {
  make_folders(folder);
  write_safetensors(folder / kWeightsFile, weights, {}, floating);
  if (!model.tokenizer.vocabulary.empty())
    write_file(folder / vocabulary_file(model.tokenizer.kind), model.tokenizer.vocabulary);
  write_file(folder / kDiptychJson, write_diptych_json(model).dump(1) + "\n");
}

/// Returns the model without what is said of weights in eight bits.
ModelFile in_floating_point(ModelFile model) {
  model.quantisation = {};
  model.quantisation_loss.reset();
  return model;
}

}  // namespace

void save_model_folder(const std::filesystem::path& folder, const ModelFile& model,
                       DType weights_dtype) {
  write_folder(folder, in_floating_point(model), placed_weights(model, folder), weights_dtype);
}

void save_packed_folder(const std::filesystem::path& folder, const ModelFile& model,
                        const std::set<std::string>& in_panels, std::int64_t width) {
  write_folder(folder, in_floating_point(model),
               to_panels(placed_weights(model, folder), in_panels, width), DType::float32);
}

void save_quantised_folder(const std::filesystem::path& folder, const ModelFile& model) {
  write_folder(folder, model, quantise(placed_weights(model, folder), model.quantisation),
               std::nullopt);
}

}  // namespace diptych::checkpoint
