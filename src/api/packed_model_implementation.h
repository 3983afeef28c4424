#pragma once

#include <memory>

#include "diptych/packed_model.h"
#include "engine/operations.h"
#include "engine/packed_model.h"

namespace diptych {

/// What a PackedModel shares among its copies.
class PackedModel::Implementation {
 public:
  Implementation(Model model, const ComputeOptions& options);
  /// One in fp32 of which `observer` sees what the towers multiply.
  static PackedModel observed(Model model, std::shared_ptr<engine::LayerObserver> observer);

  const Model model;
  const ComputeOptions options;
  const ComputeUnit unit;
  const std::shared_ptr<engine::PackedModel> engine;

 private:
  Implementation(Model model, const ComputeOptions& options,
                 std::shared_ptr<engine::LayerObserver> observer);
};

}  // namespace diptych
