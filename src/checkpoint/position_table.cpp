#include "checkpoint/position_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "checkpoint/convert_floating.h"

namespace diptych::checkpoint {
namespace {

/// The rows or columns that one new row or column is made of, and their weights.
struct Taps {
  std::array<int, 4> places;
  std::array<float, 4> weights;
};

/// Keys' kernel (IEEE TASSP 29, 1981) with a = -0.75, as PyTorch's interpolation has it, at a
/// distance of 0 to 1 and of 1 to 2.
constexpr float kSharpness = -0.75F;

float near_weight(float x) {
  return ((kSharpness + 2.0F) * x - (kSharpness + 3.0F)) * x * x + 1.0F;
}

float far_weight(float x) {
  return ((kSharpness * x - 5.0F * kSharpness) * x + 8.0F * kSharpness) * x - 4.0F * kSharpness;
}

/// Beyond the edge the outermost place is repeated.
std::vector<Taps> aligned_taps(int from, int to) {
  const float step = to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : 0.0F;
  std::vector<Taps> taps;
  for (int i = 0; i < to; ++i) {
    const float place = step * static_cast<float>(i);
    const int first = static_cast<int>(std::floor(place));
    const float t = place - static_cast<float>(first);
    Taps tap;
    for (int k = 0; k < 4; ++k)
      tap.places[static_cast<std::size_t>(k)] = std::clamp(first - 1 + k, 0, from - 1);
    tap.weights = {far_weight(t + 1.0F), near_weight(t), near_weight(1.0F - t),
                   far_weight(2.0F - t)};
    taps.push_back(tap);
  }
  return taps;
}

int side_of(const TensorView& table) {
  return static_cast<int>(std::lround(std::sqrt(static_cast<double>(table.shape[0] - 1))));
}

/// One channel of one place of the new grid; `old` is that channel of the old grid's first place.
float interpolate(const float* old, int side, std::size_t width, const Taps& row,
                  const Taps& column) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < row.places.size(); ++i) {
    float along = 0.0F;
    for (std::size_t j = 0; j < column.places.size(); ++j) {
      const auto place = static_cast<std::size_t>(row.places[i] * side + column.places[j]);
      along += column.weights[j] * old[place * width];
    }
    sum += row.weights[i] * along;
  }
  return sum;
}

}  // namespace

bool is_position_table(const TensorView& tensor) {
  constexpr std::int64_t kMaxPlaces = 1 << 28;
  if (tensor.shape.size() != 2 || !is_floating(tensor.dtype)) return false;
  if (tensor.shape[0] < 2 || tensor.shape[0] > kMaxPlaces || tensor.shape[1] < 1) return false;
  const std::int64_t side = side_of(tensor);
  return tensor.shape[0] == 1 + side * side;
}

TensorBuffer resize_aligned(const TensorView& table, int grid) {
  const auto width = static_cast<std::size_t>(table.shape[1]);
  const int side = side_of(table);
  const std::vector<float> old = to_floats(table);
  TensorBuffer resized(DType::float32, {1 + std::int64_t{grid} * grid, table.shape[1]});
  float* out = resized.floats().data();
  out = std::copy_n(old.data(), width, out);
  const std::vector<Taps> taps = aligned_taps(side, grid);
  for (const Taps& row : taps) {
    for (const Taps& column : taps) {
      for (std::size_t channel = 0; channel < width; ++channel)
        *out++ = interpolate(old.data() + width + channel, side, width, row, column);
    }
  }
  return table.dtype == DType::float32 ? std::move(resized) : convert(resized.view(), table.dtype);
}

}  // namespace diptych::checkpoint
