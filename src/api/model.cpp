#include "diptych/model.h"

#include <filesystem>
#include <utility>

#include "api/embedded_model.h"
#include "api/model_implementation.h"
#include "api/model_info.h"
#include "base/error.h"
#include "text/tokenizer_spec.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;
using checkpoint::SourceFile;

checkpoint::ModelFile load_embedded() {
  const std::vector<SourceFile> files = api::embedded_files();
  if (files.empty()) {
    fail(ErrorCode::not_found,
         "embedded model: this build has none, expected models/pictogram/model.safetensors when it "
         "was configured; `make model` makes it, --model names another");
  }
  return checkpoint::load_model_folder(files);
}

checkpoint::ModelFile load_path(const std::string& name) {
  std::error_code unknown;
  if (!fs::exists(name, unknown)) {
    fail(ErrorCode::not_found,
         "model: got '{}', expected a file, a folder, or a name that `diptych models` lists", name);
  }
  return checkpoint::load_model_file(name);
}

}  // namespace

Model::Implementation::Implementation(std::string name, checkpoint::ModelFile model_file)
    : file(std::move(model_file)), info(api::describe(std::move(name), file)) {
  if (info.preprocessing.size != info.image_size) {
    fail(ErrorCode::invalid_argument,
         "preprocessing: got a size of {}, expected the tower's {} ({})", info.preprocessing.size,
         info.image_size, info.name);
  }
  tokenizer = text::make_tokenizer(file.tokenizer, info.name);
  if (tokenizer->vocabulary_size() > info.vocabulary_size) tokenizer = nullptr;
  info.tokenizer = tokenizer ? text::name(file.tokenizer.kind) : "none";
}

Model Model::load(const std::string& name_or_path) {
  const bool embedded = name_or_path.empty() || name_or_path == api::kEmbeddedName;
  const std::string name = embedded ? api::kEmbeddedName : name_or_path;
  return Model(std::make_shared<const Implementation>(
      name, embedded ? load_embedded() : load_path(name_or_path)));
}

const ModelInfo& Model::info() const {
  return implementation_->info;
}

const Tokenizer& Model::tokenizer() const {
  if (!implementation_->tokenizer) {
    fail(
        ErrorCode::unsupported,
        "tokenizer: got a text tower with a vocabulary of {}, which no built-in tokenizer has ({})",
        info().vocabulary_size, info().name);
  }
  return *implementation_->tokenizer;
}

std::vector<ListedModel> list_models() {
  const std::vector<SourceFile> files = api::embedded_files();
  return {{.name = api::kEmbeddedName,
           .description = "embedded: drawings and photos of things, English and Chinese",
           .bytes = files.empty() ? 0 : files.front().bytes.size(),
           .available = !files.empty()}};
}

}  // namespace diptych
