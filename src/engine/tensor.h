#pragma once

#include <memory>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/matrix.h"

namespace diptych::engine {

/// Activations on the CPU: float32 [rows, width], or some columns of such. Copies share the memory,
/// which goes back to its arena with the last of them.
class Tensor {
 public:
  Tensor() = default;
  Tensor(std::shared_ptr<float> memory, kernels::Matrix matrix)
      : memory_(std::move(memory)), matrix_(matrix) {}

  int rows() const { return matrix_.rows; }
  int width() const { return matrix_.width; }
  float* row(int i) const { return matrix_.row(i); }
  kernels::Matrix matrix() const { return matrix_; }
  /// Columns [first, first + count), sharing the memory.
  Tensor columns(int first, int count) const;

 private:
  std::shared_ptr<float> memory_;
  kernels::Matrix matrix_;
};

/// Memory for the tensors of one pass, kept for the next one. For one thread at a time; its tensors
/// may outlive it.
class Arena {
 public:
  Arena();

  /// A tensor [rows, width] of any values, its rows with the padding that kernels ask for. Throws
  /// Error(out_of_memory).
  Tensor allocate(int rows, int width);

 private:
  struct Blocks;
  std::shared_ptr<Blocks> blocks_;
};

}  // namespace diptych::engine
