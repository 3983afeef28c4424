#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diptych/export.h"
#include "diptych/packed_model.h"

namespace diptych {

/// What all calls of an operation took together.
struct OperationTime {
  std::string name;  ///< "linear 768 -> 3072", "attention", "norm", ...
  std::int64_t calls = 0;
  double seconds = 0.0;
  /// Floating-point operations: two for each product that is summed. Zero where memory alone
  /// counts.
  double flops = 0.0;
  /// Read and written at least: weights as they are packed, everything else as float32.
  double bytes = 0.0;
};

/// What the machine does at best, measured with as many threads.
struct MachinePeaks {
  /// Of products in the precision: of AMX in registers, else of matrices that stay in cache.
  double flops_per_second = 0.0;
  double bytes_per_second = 0.0;  ///< read from memory

  /// Returns which part of the time an operation would take at these rates, 0 to about 1: of the
  /// longer of the times for its arithmetic and for its bytes. What lies in cache may be above 1.
  DIPTYCH_API double share_of(const OperationTime& operation) const;
};

/// What a batch took.
struct TowerProfile {
  double seconds = 0.0;                   ///< from the inputs to the features
  std::vector<OperationTime> operations;  ///< the longest first; together somewhat below `seconds`
};

/// Measures how long the operations of a model's towers take on the CPU. Packs the model for
/// itself. For one thread.
class DIPTYCH_API Profiler {
 public:
  /// Throws Error as PackedModel; unsupported also for another device than the CPU.
  explicit Profiler(const Model& model, const ComputeOptions& options = {});
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  /// Measures the machine, which takes about a second and 256 MB.
  MachinePeaks measure_peaks() const;
  /// Encodes a batch, preprocessed pictures or texts, `rounds` times after once that does not
  /// count. Returns a round's mean. Throws Error as Encoder::encode_pixels and encode_text, and
  /// invalid_argument for no round.
  TowerProfile profile_pixels(std::span<const float> pixels, std::size_t count, int rounds);
  TowerProfile profile_texts(std::span<const std::string> texts, int rounds);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace diptych
