#pragma once

#include <cstddef>

namespace diptych::kernels {

/// Rows of float32 that somebody else owns; `stride` is the distance of two rows in floats.
template <typename Float>
struct BasicMatrixView {
  Float* data = nullptr;
  int rows = 0;
  int width = 0;
  std::size_t stride = 0;

  Float* row(int i) const { return data + static_cast<std::size_t>(i) * stride; }
  operator BasicMatrixView<const Float>() const { return {data, rows, width, stride}; }
};
using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;

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
