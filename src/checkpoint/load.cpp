#include "checkpoint/load.h"

#include <cmath>
#include <utility>

#include "checkpoint/families/families.h"
#include "checkpoint/keys/key_table.h"
#include "checkpoint/prepare_model.h"
#include "checkpoint/source/sharded.h"
#include "network/model.h"

namespace diptych::checkpoint {
namespace {

/// Scores are multiplied by its exponential. Throws Error(corrupt_data) when that is no number.
void check_logit_scale(const ModelFile& model, const std::string& name) {
  const auto found = model.weights.tensors.find("logit_scale");
  if (found == model.weights.tensors.end()) return;
  const float logarithm = to_floats(found->second).front();
  if (std::isfinite(std::exp(logarithm))) return;
  fail(ErrorCode::corrupt_data,
       "checkpoint: logit_scale: got {}, expected a logarithm whose exponential is a number ({})",
       logarithm, name);
}

/// The last step: every tensor becomes the parameter that it is.
ModelFile place(ParsedModel parsed) {
  const network::Model description = network::make_model(parsed.model.config);
  parsed.model.weights =
      place_weights(parsed.container.tensors, parsed.family->rules, parsed.family->ignored,
                    description.parameters, parsed.weights_name);
  check_logit_scale(parsed.model, parsed.weights_name);
  return std::move(parsed.model);
}

ModelFile load(const ModelFiles& files, const LoadRequest& request) {
  return load_container(files, read_weights(files, files.weights(), is_known_model), request);
}

}  // namespace

ModelFile load_container(const ModelFiles& files, Container container, const LoadRequest& request) {
  check_sums(container.sums);
  return place(prepare_model(files, std::move(container), request));
}

ModelFile load_model_file(const std::filesystem::path& file_or_folder, const LoadRequest& request) {
  return load(ModelFiles(file_or_folder, request.known, request.stated), request);
}

ModelFile load_model_folder(std::span<const FileBytes> files, const LoadRequest& request) {
  return load(ModelFiles(files, request.stated), request);
}

}  // namespace diptych::checkpoint
