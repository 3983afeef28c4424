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
  /// `room`: how many rows the memory holds of which these are the first; none besides by default.
  Tensor(std::shared_ptr<float> memory, kernels::MatrixView matrix, int room = 0)
      : memory_(std::move(memory)), matrix_(matrix), room_(room) {}

  int rows() const { return matrix_.rows; }
  int width() const { return matrix_.width; }
  float* row(int i) const { return matrix_.row(i); }
  kernels::MatrixView matrix() const { return matrix_; }
  /// Returns columns [first, first + count), sharing the memory.
  Tensor columns(int first, int count) const;
  /// Returns the first `count` rows of the memory, or this where it has no room for so many.
  Tensor with_rows(int count) const;

 private:
  std::shared_ptr<float> memory_;
  kernels::MatrixView matrix_;
  int room_ = 0;
};

/// Memory for the tensors of one pass, kept for the next one. For one thread at a time; its tensors
/// may outlive it.
class Arena {
 public:
  Arena();

  /// Returns a tensor [rows, width] of any values, its rows with the padding that kernels ask for.
  /// Throws Error(out_of_memory).
  Tensor allocate(int rows, int width) { return allocate_with_room(rows, width, rows); }
  /// Does the same in memory that has room for `room` rows, at least `rows`.
  Tensor allocate_with_room(int rows, int width, int room);

 private:
  struct Blocks;
  std::shared_ptr<Blocks> blocks_;
};

}  // namespace diptych::engine
