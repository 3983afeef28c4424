#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "diptych/export.h"

namespace diptych {

struct LossBenchmarkOptions {
  /// Pairs of random embeddings; at least 2.
  int pairs = 4096;
  /// Numbers an embedding has; at least 1.
  int width = 512;
  /// "contrastive", CLIP's loss, or "sigmoid", SigLIP's.
  std::string loss = "contrastive";
  /// A libtorch device: "cpu", "cuda", "cuda:1".
  std::string device = "cpu";
  /// Threads that compute; zero: one a CPU.
  int threads = 0;
};

struct LossBenchmark {
  double seconds = 0.0;  ///< for the loss and all of its gradients
  /// The most memory that the process had until then, libtorch and the embeddings included.
  std::uint64_t peak_bytes = 0;
  /// From the loss as it is usually written, over the whole matrix of similarities: the larger of
  /// the losses' difference (beside the loss where that is above 1), and of the gradients' largest
  /// one beside their largest number. Absent
  /// for more than 8,192 pairs, whose matrix is not worth its memory.
  std::optional<double> largest_difference;
};

/// Computes a loss of training and its gradients on random embeddings, once. Needs a build with
/// libtorch, otherwise throws Error(unsupported). Throws Error(invalid_argument) for options out of
/// their range.
DIPTYCH_API LossBenchmark benchmark_loss(const LossBenchmarkOptions& options);

}  // namespace diptych
