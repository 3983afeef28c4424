#include "checkpoint/fitting/position_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "checkpoint/containers/convert_floating.h"

// The numbers are those of PyTorch's interpolate, upon which all the references stand.

namespace diptych::checkpoint {
namespace {

/// The places that one new place is made of, and their weights.
struct Taps {
  std::vector<int> places;
  std::vector<float> weights;
};

/// Keys' kernel of sharpness `a` at a distance.
float cubic(float x, float a) {
  x = std::abs(x);
  if (x < 1.0F) return ((a + 2.0F) * x - (a + 3.0F)) * x * x + 1.0F;
  if (x < 2.0F) return ((a * x - 5.0F * a) * x + 8.0F * a) * x - 4.0F * a;
  return 0.0F;
}

/// The four nearest places; beyond the edge the outermost is repeated.
Taps four_taps(float place, int from) {
  constexpr float kSharpness = -0.75F;
  const float below = std::floor(place);
  Taps taps;
  for (int k = -1; k <= 2; ++k) {
    taps.places.push_back(std::clamp(static_cast<int>(below) + k, 0, from - 1));
    taps.weights.push_back(cubic(place - below - static_cast<float>(k), kSharpness));
  }
  return taps;
}

/// All places under the kernel, stretched where the grid shrinks; beyond the edge there is nothing.
Taps antialiased_taps(int i, int from, float scale) {
  constexpr float kSharpness = -0.5F;
  const float stretch = std::max(scale, 1.0F);
  const float support = 2.0F * stretch;
  const float centre = scale * (static_cast<float>(i) + 0.5F);
  const int first = std::max(static_cast<int>(centre - support + 0.5F), 0);
  const int last = std::min(static_cast<int>(centre + support + 0.5F), from);
  Taps taps;
  float sum = 0.0F;
  for (int place = first; place < last; ++place) {
    const float distance = (static_cast<float>(place) - centre + 0.5F) / stretch;
    taps.places.push_back(place);
    taps.weights.push_back(cubic(distance, kSharpness));
    sum += taps.weights.back();
  }
  for (float& weight : taps.weights) weight /= sum;
  return taps;
}

std::vector<Taps> grid_taps(int from, int to, GridResize how) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  const float step = to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : 0.0F;
  std::vector<Taps> taps;
  for (int i = 0; i < to; ++i) {
    const auto at = static_cast<float>(i);
    if (how == GridResize::antialiased) taps.push_back(antialiased_taps(i, from, scale));
    if (how == GridResize::aligned) taps.push_back(four_taps(step * at, from));
    if (how == GridResize::plain) taps.push_back(four_taps(scale * (at + 0.5F) - 0.5F, from));
  }
  return taps;
}

std::vector<Taps> linear_taps(int from, int to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<Taps> taps;
  for (int i = 0; i < to; ++i) {
    const float place = std::max(scale * (static_cast<float>(i) + 0.5F) - 0.5F, 0.0F);
    const int below = std::min(static_cast<int>(place), from - 1);
    const float above = place - static_cast<float>(below);
    taps.push_back({{below, std::min(below + 1, from - 1)}, {1.0F - above, above}});
  }
  return taps;
}

int side_of(const TensorView& table, int first) {
  return static_cast<int>(std::lround(std::sqrt(static_cast<double>(table.shape[0] - first))));
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

TensorBuffer in_dtype(TensorBuffer resized, DType dtype) {
  return dtype == DType::float32 ? std::move(resized) : convert(resized.view(), dtype);
}

}  // namespace

bool is_position_table(const TensorView& tensor, int first) {
  constexpr std::int64_t kMaxPlaces = 1 << 28;
  if (tensor.shape.size() != 2 || !is_floating(tensor.dtype)) return false;
  if (tensor.shape[0] <= first || tensor.shape[0] > kMaxPlaces || tensor.shape[1] < 1) return false;
  const std::int64_t side = side_of(tensor, first);
  return tensor.shape[0] == first + side * side;
}

TensorBuffer resize_grid(const TensorView& table, int grid, GridResize how, int first) {
  const auto width = static_cast<std::size_t>(table.shape[1]);
  const auto kept = static_cast<std::size_t>(first) * width;
  const int side = side_of(table, first);
  const std::vector<float> old = to_floats(table);
  TensorBuffer resized(DType::float32, {first + std::int64_t{grid} * grid, table.shape[1]});
  float* out = resized.floats().data();
  out = std::copy_n(old.data(), kept, out);
  const std::vector<Taps> taps = grid_taps(side, grid, how);
  for (const Taps& row : taps) {
    for (const Taps& column : taps) {
      for (std::size_t channel = 0; channel < width; ++channel)
        *out++ = interpolate(old.data() + kept + channel, side, width, row, column);
    }
  }
  return in_dtype(std::move(resized), table.dtype);
}

TensorBuffer resize_row(const TensorView& table, int context_length) {
  const auto width = static_cast<std::size_t>(table.shape[1]);
  const std::vector<float> old = to_floats(table);
  TensorBuffer resized(DType::float32, {context_length, table.shape[1]});
  float* out = resized.floats().data();
  const Taps only = {{0}, {1.0F}};
  for (const Taps& taps : linear_taps(static_cast<int>(table.shape[0]), context_length)) {
    for (std::size_t channel = 0; channel < width; ++channel)
      *out++ = interpolate(old.data() + channel, 1, width, only, taps);
  }
  return in_dtype(std::move(resized), table.dtype);
}

}  // namespace diptych::checkpoint
