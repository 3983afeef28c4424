#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.h"
#include "kernels/matrix.h"

namespace diptych::test {

/// A matrix with its own memory, rows `padding` floats longer than its width. What is not an
/// element is NaN: a kernel that lets padding into a result shows.
class TestMatrix {
 public:
  TestMatrix(int rows, int width, int padding = kernels::kPanelWidth)
      : rows_(rows),
        width_(width),
        stride_(static_cast<std::size_t>(width + padding)),
        values_(static_cast<std::size_t>(rows) * stride_ + kernels::kPanelWidth,
                std::numeric_limits<float>::quiet_NaN()) {}

  static TestMatrix random(int rows, int width, std::uint64_t seed) {
    Random random(seed);
    TestMatrix result(rows, width);
    for (int row = 0; row < rows; ++row) {
      for (int i = 0; i < width; ++i) result.at(row, i) = static_cast<float>(random.normal());
    }
    return result;
  }

  int rows() const { return rows_; }
  int width() const { return width_; }
  float& at(int row, int column) { return view().row(row)[column]; }
  float at(int row, int column) const { return view().row(row)[column]; }
  kernels::MatrixView view() { return {values_.data(), rows_, width_, stride_}; }
  kernels::ConstMatrixView view() const { return {values_.data(), rows_, width_, stride_}; }

 private:
  int rows_;
  int width_;
  std::size_t stride_;
  std::vector<float> values_;
};

}  // namespace diptych::test
