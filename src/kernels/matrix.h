#pragma once

#include <cstddef>
#include <cstdint>

namespace diptych::kernels {

/// Rows of numbers that somebody else owns; `stride` is the distance of two rows in numbers.
template <typename Number>
struct BasicMatrixView {
  Number* data = nullptr;
  int rows = 0;
  int width = 0;
  std::size_t stride = 0;

  Number* row(int i) const { return data + static_cast<std::size_t>(i) * stride; }
  operator BasicMatrixView<const Number>() const { return {data, rows, width, stride}; }
};
using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;
/// Of bfloat16, float32's upper half. Rows begin at cache lines.
using Bf16MatrixView = BasicMatrixView<std::uint16_t>;
using ConstBf16MatrixView = BasicMatrixView<const std::uint16_t>;

/// Kernels work on whole panels of this many columns: where a kernel says so, rows must have room
/// (any values) up to the next multiple.
constexpr int kPanelWidth = 32;
constexpr int panels_for(int width) {
  return (width + kPanelWidth - 1) / kPanelWidth;
}
constexpr int padded_width(int width) {
  return panels_for(width) * kPanelWidth;
}
/// Returns where panel `panel` starts among panels of `depth` rows each.
constexpr std::size_t panel_offset(int panel, int depth) {
  return static_cast<std::size_t>(panel) * static_cast<std::size_t>(depth) * kPanelWidth;
}

}  // namespace diptych::kernels
