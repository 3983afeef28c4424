#include "kernels/depthwise.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"

// The order matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#ifndef DIPTYCH_KERNELS_DEPTHWISE_CPP
#define DIPTYCH_KERNELS_DEPTHWISE_CPP

namespace diptych::kernels {

/// Neighbouring places computed together: each weight is loaded once for all of them.
constexpr int kPlacesAtOnce = 4;

/// What the windows of neighbouring places see: cells[ky][i] points to the channels of one place,
/// or to zeros outside the picture. Place p's window has columns p * stride to p * stride + size
/// - 1.
struct DepthwiseWindow {
  static constexpr int kMaxColumns = kMaxDepthwiseSize + (kPlacesAtOnce - 1) * kMaxDepthwiseStride;
  std::array<std::array<const float*, kMaxColumns>, kMaxDepthwiseSize> cells;
  int size;
  int stride;
  int channels;
  const float* weights;
  const float* bias;
};

}  // namespace diptych::kernels

#endif

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Channels from `c` on, as many as `d` has lanes, of kPlacesAtOnce places.
template <class D>
HWY_INLINE void convolve_channels(D d, const DepthwiseWindow& window, int c,
                                  const std::array<float*, kPlacesAtOnce>& out) {
  auto sum_0 = hn::LoadU(d, window.bias + c);
  auto sum_1 = sum_0;
  auto sum_2 = sum_0;
  auto sum_3 = sum_0;
  const float* weight = window.weights + c;
  const auto stride = static_cast<std::size_t>(window.stride);
  for (int ky = 0; ky < window.size; ++ky) {
    const auto& cells = window.cells[static_cast<std::size_t>(ky)];
    for (std::size_t kx = 0; kx < static_cast<std::size_t>(window.size); ++kx) {
      const auto w = hn::LoadU(d, weight);
      sum_0 = hn::MulAdd(hn::LoadU(d, cells[kx] + c), w, sum_0);
      sum_1 = hn::MulAdd(hn::LoadU(d, cells[kx + stride] + c), w, sum_1);
      sum_2 = hn::MulAdd(hn::LoadU(d, cells[kx + 2 * stride] + c), w, sum_2);
      sum_3 = hn::MulAdd(hn::LoadU(d, cells[kx + 3 * stride] + c), w, sum_3);
      weight += window.channels;
    }
  }
  hn::StoreU(sum_0, d, out[0] + c);
  hn::StoreU(sum_1, d, out[1] + c);
  hn::StoreU(sum_2, d, out[2] + c);
  hn::StoreU(sum_3, d, out[3] + c);
}

/// All channels of kPlacesAtOnce neighbouring places.
void convolve_places(const DepthwiseWindow& window, const std::array<float*, kPlacesAtOnce>& out) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int c = 0;
  for (; c + lanes <= window.channels; c += lanes) convolve_channels(d, window, c, out);
  for (; c < window.channels; ++c) convolve_channels(one, window, c, out);
}

}  // namespace diptych::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/dispatch.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {
namespace {

HWY_EXPORT(convolve_places);

/// Points the window of kPlacesAtOnce places at what it sees, from line `top` and column `left` on.
void aim(DepthwiseWindow& window, ConstMatrixView x, const MapShape& shape, int picture, int top,
         int left, const float* zeros) {
  const int columns = window.size + (kPlacesAtOnce - 1) * window.stride;
  for (int ky = 0; ky < window.size; ++ky) {
    const int line = top + ky;
    for (int i = 0; i < columns; ++i) {
      const int column = left + i;
      const bool inside = line >= 0 && line < shape.height && column >= 0 && column < shape.width;
      window.cells[static_cast<std::size_t>(ky)][static_cast<std::size_t>(i)] =
          inside ? x.row((picture * shape.height + line) * shape.width + column) : zeros;
    }
  }
}

}  // namespace

void depthwise_convolution(ConstMatrixView x, const MapShape& shape, const SlidingWindow& window,
                           const float* weights, const float* bias, MatrixView out,
                           ThreadPool& pool) {
  const MapShape places = window.output(shape);
  ensure(x.rows == shape.rows() && out.rows == places.rows() && out.width == x.width &&
             window.size <= kMaxDepthwiseSize && window.size % 2 == 1 &&
             window.stride <= kMaxDepthwiseStride,
         "depthwise_convolution: shapes fit");
  const auto channels = static_cast<std::size_t>(x.width);
  const std::vector<float> zeros(channels);
  const auto convolve = DIPTYCH_DISPATCH(convolve_places);
  const std::int64_t work = std::int64_t{places.width} * x.width * window.size * window.size;
  for_each_row(places.batch * places.height, work, pool, [&](int line) {
    // A block that reaches over the end of its line computes places that nobody keeps.
    std::vector<float> discarded(channels);
    DepthwiseWindow seen{.cells = {},
                         .size = window.size,
                         .stride = window.stride,
                         .channels = x.width,
                         .weights = weights,
                         .bias = bias};
    const int top = line % places.height * window.stride - window.padding();
    for (int first = 0; first < places.width; first += kPlacesAtOnce) {
      aim(seen, x, shape, line / places.height, top, first * window.stride - window.padding(),
          zeros.data());
      std::array<float*, kPlacesAtOnce> results{};
      for (int i = 0; i < kPlacesAtOnce; ++i) {
        results[static_cast<std::size_t>(i)] =
            first + i < places.width ? out.row(line * places.width + first + i) : discarded.data();
      }
      convolve(seen, results);
    }
  });
}

void merge_places(ConstMatrixView x, const MapShape& shape, int size, MatrixView out,
                  ThreadPool& pool) {
  const int across = shape.width / size;
  const int down = shape.height / size;
  const int area = size * size;
  ensure(x.rows == shape.rows() && out.rows == shape.batch * down * across &&
             out.width == area * x.width,
         "merge_places: shapes fit");
  for_each_row(out.rows, out.width, pool, [&](int row) {
    const int top = row / across % down * size;
    const int left = row % across * size;
    const int picture_row = row / (down * across) * shape.height * shape.width;
    float* square = out.row(row);
    for (int place = 0; place < area; ++place) {
      const float* values =
          x.row(picture_row + (top + place / size) * shape.width + left + place % size);
      for (int c = 0; c < x.width; ++c) square[c * area + place] = values[c];
    }
  });
}

}  // namespace diptych::kernels

#endif
