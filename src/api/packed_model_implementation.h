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
  /// Packs a model for the CPU, where `watchers` see what it computes.
  static PackedModel watched(Model model, ComputeOptions options, engine::Watchers watchers);

  const Model model;
  const ComputeOptions options;
  const ComputeUnit unit;
  const std::shared_ptr<engine::PackedModel> engine;

 private:
  Implementation(Model model, const ComputeOptions& options, engine::Watchers watchers);
};

}  // namespace diptych
