#pragma once

#include <memory>

#include "checkpoint/source/model_file.h"
#include "diptych/model.h"

namespace diptych {

/// What a Model shares among its copies.
class Model::Implementation {
 public:
  Implementation(std::string name, checkpoint::ModelFile file);

  checkpoint::ModelFile file;
  ModelInfo info;
  /// Null when no vocabulary fits the text tower.
  std::shared_ptr<const Tokenizer> tokenizer;
};

}  // namespace diptych
