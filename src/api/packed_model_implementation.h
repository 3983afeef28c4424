#pragma once

#include <memory>

#include "diptych/packed_model.h"
#include "engine/operations.h"
#include "engine/packed_model.h"

namespace diptych {

/// What a PackedModel shares among its copies. Hidden, unlike the class that it is part of.
class [[gnu::visibility("hidden")]] PackedModel::Implementation {
 public:
  Implementation(Model model, const ComputeOptions& options);
  /// Returns one in fp32 on the CPU, with observers.
  static PackedModel observed(Model model, engine::Observers observers);

  const Model model;
  const ComputeOptions options;
  const ComputeUnit unit;
  const std::shared_ptr<engine::PackedModel> engine;

 private:
  Implementation(Model model, const ComputeOptions& options, engine::Observers observers);
};

namespace api {

/// Returns options for a model with the precision that `automatic` stands for. Throws
/// Error(invalid_argument) for negative ones.
ComputeOptions checked(const Model& model, ComputeOptions options);

/// Packs a model for the CPU, whatever `options.device` says.
std::shared_ptr<engine::PackedModel> pack_on_cpu(const Model& model, const ComputeOptions& options,
                                                 engine::Observers observers = {});

}  // namespace api
}  // namespace diptych
