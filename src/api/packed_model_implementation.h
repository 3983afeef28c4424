#pragma once

#include <memory>

#include "diptych/packed_model.h"
#include "engine/packed_model.h"

namespace diptych {

/// What a PackedModel shares among its copies.
class PackedModel::Implementation {
 public:
  Implementation(Model model, const ComputeOptions& options);

  const Model model;
  const ComputeOptions options;
  const ComputeUnit unit;
  const std::shared_ptr<engine::PackedModel> engine;
};

}  // namespace diptych
