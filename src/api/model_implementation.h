#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/source/model_file.h"
#include "diptych/model.h"
#include "network/model.h"

namespace diptych {

/// What a Model shares among its copies. Hidden, unlike the class that it is part of.
class [[gnu::visibility("hidden")]] Model::Implementation {
 public:
  Implementation(std::string name, checkpoint::ModelFile file);
  /// Returns a model made from others, which `sources` names.
  static Model make(std::string name, checkpoint::ModelFile file, std::vector<std::string> sources);

  checkpoint::ModelFile file;
  /// What `file.config` says, declared once for whoever describes or packs the model.
  network::Model network;
  ModelInfo info;
  /// Names or paths of the models whose files are read.
  std::vector<std::string> sources;
  /// Null when no vocabulary fits the text tower.
  std::shared_ptr<const Tokenizer> tokenizer;
};

}  // namespace diptych
