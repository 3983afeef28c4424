#include "checkpoint/model_file.h"

#include <system_error>
#include <utility>
#include <variant>

#include "base/atomic_file.h"
#include "base/error.h"
#include "checkpoint/diptych_json.h"
#include "checkpoint/fit_positions.h"
#include "checkpoint/parse_model.h"
#include "network/model.h"

namespace diptych::checkpoint {
namespace {

/// Has the towers made for other sizes than their own.
void take_sizes(const LoadRequest& request, ModelFile& model) {
  if (request.image_size != 0) {
    std::visit([&](auto& tower) { tower.image_size = request.image_size; }, model.config.image);
    model.preprocessing.size = request.image_size;
  }
  if (request.context_length != 0) {
    std::visit([&](auto& tower) { tower.context_length = request.context_length; },
               model.config.text);
  }
}

/// The last step.
ModelFile place(ParsedModel parsed) {
  const network::Model description = network::make_model(parsed.model.config);
  parsed.model.weights =
      place_weights(parsed.container.tensors, parsed.family->rules, parsed.family->ignored,
                    description.parameters, parsed.weights_name);
  return std::move(parsed.model);
}

ModelFile load(const ModelFiles& files, const LoadRequest& request) {
  ParsedModel parsed = parse_model(files);
  take_sizes(request, parsed.model);
  validate_model(parsed);
  fit_positions(parsed);
  return place(std::move(parsed));
}

}  // namespace

ModelFile load_model_file(const std::filesystem::path& file_or_folder, const LoadRequest& request) {
  return load(ModelFiles(file_or_folder, request.known, request.stated), request);
}

ModelFile load_model_folder(std::span<const SourceFile> files, const LoadRequest& request) {
  return load(ModelFiles(files), request);
}

void save_model_folder(const std::filesystem::path& folder, const ModelFile& model,
                       DType weights_dtype) {
  const network::Model description = network::make_model(model.config);
  const TensorMap weights = place_weights(model.weights, diptych_family().rules, {},
                                          description.parameters, folder.string());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::io, "cannot make the folder {}: {}", folder.string(), error.message());
  write_safetensors(folder / kWeightsFile, weights, {}, weights_dtype);
  if (!model.tokenizer.vocabulary.empty())
    write_file(folder / vocabulary_file(model.tokenizer.kind), model.tokenizer.vocabulary);
  write_file(folder / kDiptychJson, write_diptych_json(model).dump(1) + "\n");
}

}  // namespace diptych::checkpoint
