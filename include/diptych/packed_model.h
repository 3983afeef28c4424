#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diptych/export.h"
#include "diptych/model.h"

namespace diptych {

/// What the towers' products multiply, and what their weights are kept in. Sums, biases, norms,
/// softmax, activation functions and what is added from layer to layer are float32 always.
enum class Precision {
  automatic,  ///< fp32, or int8 on the CPU for a model whose folder has its weights in int8
  fp32,
  bf16,   ///< both sides rounded to bfloat16
  fp16,   ///< with libtorch only
  int8w,  ///< weights of eight bits, a scale an output; multiplied as bf16
  int8,   ///< the same weights; the other side in eight bits too, a scale a row (token, place)
};

/// Returns "auto", "fp32", "bf16", "fp16", "int8w" or "int8".
DIPTYCH_API std::string_view name(Precision precision);

/// Returns the precision of a name; nothing for a word that is none.
DIPTYCH_API std::optional<Precision> find_precision(std::string_view name);

/// What computes products on this machine.
struct ComputeUnit {
  std::string name;  ///< "AVX-512 VNNI", "AVX2"; of libtorch its device
  /// Empty, or in one line that the processor has no fast unit for the precision, and what computes
  /// in its place.
  std::string note;
};

/// Returns what this machine's CPU computes a precision with. Throws Error(unsupported) for fp16.
DIPTYCH_API ComputeUnit cpu_unit(Precision precision);

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
  /// On the CPU fp32, bf16, int8w or int8; with libtorch fp32, bf16 or fp16, whose features lie
  /// within 2e-3 (cosine distance) of fp32's.
  Precision precision = Precision::automatic;
  /// How many rows (patches) of each picture become part of those most like them in every block but
  /// the last (token merging, ToMe: arXiv 2210.09461): less work for large towers, and features
  /// that are only near the exact ones. For vision transformers that pool a class token or by
  /// attention (map); texts are as ever. Zero, the default: none.
  int token_merging = 0;
};

/// A model's weights, packed for the device that computes, with its threads: what encoders and
/// captioners of one model share, so that the weights are in memory once. Copies are cheap and are
/// the same packed model. Every member is thread-safe. Whoever encodes takes a turn for each batch,
/// in the order of asking: a query waits for the batch that is being computed, not for the job that
/// it belongs to; small requests of several threads are computed side by side.
class DIPTYCH_API PackedModel {
 public:
  /// Throws Error: invalid_argument for negative options, a device that is not there and token
  /// merging with an image tower that has none,
  /// unsupported for a precision that the device does not have and a build without libtorch,
  /// corrupt_data for weights that are not finite, out_of_memory.
  explicit PackedModel(Model model, const ComputeOptions& options = {});

  const Model& model() const;
  /// Returns the options as given, with the precision that `automatic` stood for.
  const ComputeOptions& options() const;
  const ComputeUnit& unit() const;
  /// Returns what the weights' numbers give away, one sentence each, usually none: matrices of
  /// zeros alone, and numbers far beyond all others of their tensor, as a flipped bit leaves them.
  /// Only of weights that are packed here: not by libtorch, nor of a folder that holds them packed.
  std::vector<std::string> notes() const;

  /// Returns whether both are the same packed model.
  bool operator==(const PackedModel&) const = default;

  /// What copies share; opaque to users.
  class Implementation;
  const Implementation& implementation() const { return *implementation_; }

 private:
  explicit PackedModel(std::shared_ptr<const Implementation> implementation)
      : implementation_(std::move(implementation)) {}

  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace diptych
