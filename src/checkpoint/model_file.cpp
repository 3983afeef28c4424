#include "checkpoint/model_file.h"

#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "checkpoint/diptych_json.h"
#include "checkpoint/parse_model.h"
#include "network/model.h"

namespace diptych::checkpoint {
namespace {

/// The last step.
ModelFile place(ParsedModel parsed) {
  const network::Model description = network::make_model(parsed.model.config);
  parsed.model.weights =
      place_weights(parsed.container.tensors, parsed.family->rules, parsed.family->ignored,
                    description.parameters, parsed.weights_name);
  return std::move(parsed.model);
}

ModelFile load(const ModelFiles& files) {
  ParsedModel parsed = parse_model(files);
  validate_model(parsed);
  fit_tensors(parsed);
  return place(std::move(parsed));
}

}  // namespace

ModelFile load_model_file(const std::filesystem::path& file_or_folder) {
  return load(ModelFiles(file_or_folder));
}

ModelFile load_model_folder(std::span<const SourceFile> files) {
  return load(ModelFiles(files));
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
  if (const char* vocabulary = vocabulary_file(model.tokenizer.kind))
    write_file(folder / vocabulary, model.tokenizer.vocabulary);
  write_file(folder / kDiptychJson, write_diptych_json(model).dump(1) + "\n");
}

}  // namespace diptych::checkpoint
