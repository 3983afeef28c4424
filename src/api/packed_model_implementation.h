#pragma once

#include <memory>

#include "diptych/packed_model.h"
#include "engine/packed_model.h"
#include "engine/profile.h"

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

namespace api {

/// Returns options with the precision that `automatic` stands for. Throws Error(invalid_argument)
/// for negative ones.
ComputeOptions checked(ComputeOptions options);

/// Packs a model for the CPU, whatever `options.device` says. `profile`: what its operations add
/// their times to, which must outlive it; null: they are not timed.
std::shared_ptr<engine::PackedModel> pack_on_cpu(const Model& model, const ComputeOptions& options,
                                                 engine::Profile* profile = nullptr);

}  // namespace api
}  // namespace diptych
