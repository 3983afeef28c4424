#include "api/starting_model.h"

#include <filesystem>

#include "api/model_implementation.h"
#include "api/model_info.h"
#include "catalogue/catalogue.h"
#include "checkpoint/configs/architectures.h"
#include "checkpoint/configs/check_facts.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/prepare_model.h"
#include "json/shard_index.h"

namespace diptych::api {
namespace {

bool names_architecture(const std::string& name) {
  std::error_code unknown;
  return !std::filesystem::exists(name, unknown) && !catalogue::find_published(name) &&
         checkpoint::find_architecture(name) != nullptr;
}

/// Weights in several files have an index that is JSON too.
bool names_config(const std::string& name) {
  return name.ends_with(".json") && !is_shard_index(name);
}

}  // namespace

checkpoint::ModelFile starting_model(const std::string& name, const LoadOptions& options) {
  const bool is_config = names_config(name);
  if (!is_config && !names_architecture(name)) {
    return Model::load(name, options).implementation().file;
  }
  checkpoint::ModelFile file = is_config ? checkpoint::read_open_clip_config_file(name)
                                         : checkpoint::read_open_clip_architecture(name);
  checkpoint::apply_requested_sizes(
      {.image_size = options.image_size, .context_length = options.context_length}, file);
  network::validate(file.config);
  checkpoint::check_stated_facts({.quick_gelu = options.quick_gelu,
                                  .image_heads = options.image_heads,
                                  .text_heads = options.text_heads},
                                 file, name);
  if (options.strict) refuse_assumptions(file, name);
  return file;
}

}  // namespace diptych::api
