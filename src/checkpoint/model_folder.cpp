#include "checkpoint/model_folder.h"

#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/families/families.h"
#include "network/model.h"

namespace diptych::checkpoint {

void save_model_folder(const std::filesystem::path& folder, const ModelFile& model,
                       DType weights_dtype) {
  const network::Model description = network::make_model(model.config);
  const TensorMap weights = place_weights(model.weights, diptych_family().rules, {},
                                          description.parameters, folder.string());
  make_folders(folder);
  write_safetensors(folder / kWeightsFile, weights, {}, weights_dtype);
  if (!model.tokenizer.vocabulary.empty())
    write_file(folder / vocabulary_file(model.tokenizer.kind), model.tokenizer.vocabulary);
  write_file(folder / kDiptychJson, write_diptych_json(model).dump(1) + "\n");
}

}  // namespace diptych::checkpoint
