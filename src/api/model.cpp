#include "diptych/model.h"

#include <utility>

#include "api/embedded_model.h"
#include "api/model_implementation.h"
#include "api/model_info.h"
#include "api/model_name.h"
#include "base/error.h"
#include "checkpoint/load.h"
#include "network/towers/absent_tower.h"
#include "text/tokenizer_spec.h"

namespace diptych {
namespace {

using checkpoint::FileBytes;

checkpoint::ModelFile load_embedded(const checkpoint::LoadRequest& request) {
  const std::vector<FileBytes> files = api::embedded_files();
  if (files.empty()) {
    fail(ErrorCode::not_found,
         "embedded model: this build has none, expected models/pictogram/model.safetensors when it "
         "was configured; `make model` makes it, --model names another");
  }
  return checkpoint::load_model_folder(files, request);
}

}  // namespace

Model::Implementation::Implementation(std::string name, checkpoint::ModelFile model_file)
    : file(std::move(model_file)),
      network(network::make_model(file.config)),
      info(api::describe(std::move(name), file, network.parameters)),
      sources({info.name}) {
  if (info.preprocessing.size != info.image_size) {
    fail(ErrorCode::invalid_argument,
         "preprocessing: got a size of {}, expected the tower's {} ({})", info.preprocessing.size,
         info.image_size, info.name);
  }
  tokenizer = text::make_tokenizer(file.tokenizer, info.name);
  const bool too_large = tokenizer && tokenizer->vocabulary_size() > info.vocabulary_size;
  if (too_large && !file.tokenizer.vocabulary.empty()) {
    fail(ErrorCode::invalid_argument,
         "tokenizer: got one of {} tokens, expected at most the text tower's {} ({})",
         tokenizer->vocabulary_size(), info.vocabulary_size, info.name);
  }
  if (too_large) tokenizer = nullptr;
  info.tokenizer = tokenizer ? text::name(file.tokenizer.kind) : "none";
}

Model Model::Implementation::make(std::string name, checkpoint::ModelFile file,
                                  std::vector<std::string> sources) {
  auto implementation = std::make_shared<Implementation>(std::move(name), std::move(file));
  implementation->sources = std::move(sources);
  return Model(std::move(implementation));
}

Model Model::load(const std::string& name_or_path, const LoadOptions& options) {
  checkpoint::LoadRequest request{.image_size = options.image_size,
                                  .context_length = options.context_length,
                                  .stated = {.quick_gelu = options.quick_gelu,
                                             .image_heads = options.image_heads,
                                             .text_heads = options.text_heads}};
  const bool embedded = api::names_embedded_model(name_or_path);
  if (!embedded) request.known = api::known_facts(name_or_path);
  const std::string name = embedded ? api::kEmbeddedName : name_or_path;
  checkpoint::ModelFile file =
      embedded ? load_embedded(request)
               : checkpoint::load_model_file(api::model_path(name_or_path), request);
  if (options.strict) api::refuse_assumptions(file, name);
  return Model(std::make_shared<const Implementation>(name, std::move(file)));
}

const ModelInfo& Model::info() const {
  return implementation_->info;
}

const Tokenizer& Model::tokenizer() const {
  if (!info().has_text_tower) network::refuse_texts(info().name);
  if (!implementation_->tokenizer) {
    fail(
        ErrorCode::unsupported,
        "tokenizer: got a text tower with a vocabulary of {}, which no built-in tokenizer has ({})",
        info().vocabulary_size, info().name);
  }
  return *implementation_->tokenizer;
}

}  // namespace diptych
