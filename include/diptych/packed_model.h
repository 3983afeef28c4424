#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

/// Arithmetic of the towers. Weights are kept in it too.
enum class Precision { fp32, bf16, fp16, int8 };

/// "fp32", "bf16", "fp16" or "int8".
DIPTYCH_API std::string_view name(Precision precision);

/// How a model is computed.
struct ComputeOptions {
  /// Where: "cpu", the default, by this library's own kernels; "cuda" or "cuda:1", a GPU by
  /// libtorch, or "libtorch:cpu", libtorch on the CPU, with a module that is loaded then.
  std::string device = "cpu";
  /// Threads that compute; as many read and decode pictures ahead of them. Zero: one for each CPU
  /// the process may use.
  int threads = 0;
  /// The most pictures or texts computed at a time. The results do not depend on it. Zero: as many
  /// as the device needs for full speed.
  int batch = 0;
  /// On the CPU fp32; with libtorch also bf16 and fp16, whose features lie within 2e-3 (cosine
  /// distance) of fp32's.
  Precision precision = Precision::fp32;
};

/// A model's weights, packed for the device that computes, with its threads: what encoders and
/// captioners of one model share, so that the weights are in memory once. Copies are cheap and are
/// the same packed model. Every member is thread-safe. Whoever encodes takes a turn for each batch,
/// in the order of asking: a query waits for the batch that is being computed, not for the job that
/// it belongs to; small requests of several threads are computed side by side.
class DIPTYCH_API PackedModel {
 public:
  /// Throws Error: invalid_argument for negative options and a device that is not there,
  /// unsupported for a precision that the device does not have and a build without libtorch,
  /// corrupt_data for weights that are not finite, out_of_memory.
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
