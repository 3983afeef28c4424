#pragma once

#include <memory>
#include <string>

#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

/// Arithmetic of the towers. Weights are kept in it too.
enum class Precision { fp32, bf16, int8 };

/// How a model is computed.
struct ComputeOptions {
  /// Threads that compute; as many read and decode pictures ahead of them. Zero: one for each CPU
  /// the process may use.
  int threads = 0;
  /// The most pictures or texts computed at a time. The results do not depend on it. Zero: as many
  /// as the device needs for full speed.
  int batch = 0;
  Precision precision = Precision::fp32;
};

/// A model's weights, packed for this CPU, with the threads that compute: what encoders and
/// captioners of one model share, so that the weights are in memory once. Copies are cheap and are
/// the same packed model. Every member is thread-safe. Whoever encodes takes a turn for each batch,
/// in the order of asking: a query waits for the batch that is being computed, not for the job that
/// it belongs to; small requests of several threads are computed side by side.
class DIPTYCH_API PackedModel {
 public:
  /// Throws Error: invalid_argument for negative options, unsupported for a precision that this
  /// build does not have, corrupt_data for weights that are not finite, out_of_memory.
  explicit PackedModel(Model model, const ComputeOptions& options = {});

  const Model& model() const;
  const ComputeOptions& options() const;

  /// Whether both are the same packed model.
  bool operator==(const PackedModel&) const = default;

  /// What copies share; opaque to users.
  class Implementation;
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace diptych
