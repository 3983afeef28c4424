#include "kernels/pooling.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {
namespace {

void add_to(const float* x, int width, float* sum) {
  for (int i = 0; i < width; ++i) sum[i] += x[i];
}

void divide(float* sum, int width, int count) {
  for (int i = 0; i < width; ++i) sum[i] /= static_cast<float>(count);
}

}  // namespace

void average_pool(ConstMatrixView x, const MapShape& shape, const SlidingWindow& window,
                  MatrixView out, ThreadPool& pool) {
  const MapShape places = window.output(shape);
  ensure(x.rows == shape.rows() && out.rows == places.rows() && out.width == x.width,
         "average_pool: shapes fit");
  for_each_row(out.rows, std::int64_t{x.width} * window.size * window.size, pool, [&](int row) {
    const int top = row / places.width % places.height * window.stride - window.padding();
    const int left = row % places.width * window.stride - window.padding();
    const int bottom = std::min(top + window.size, shape.height);
    const int right = std::min(left + window.size, shape.width);
    const int picture_row = row / (places.width * places.height) * shape.height * shape.width;
    float* mean = out.row(row);
    std::fill_n(mean, x.width, 0.0F);
    for (int y = std::max(top, 0); y < bottom; ++y) {
      for (int column = std::max(left, 0); column < right; ++column)
        add_to(x.row(picture_row + y * shape.width + column), x.width, mean);
    }
    divide(mean, x.width, (bottom - std::max(top, 0)) * (right - std::max(left, 0)));
  });
}

void mean_rows(ConstMatrixView x, std::span<const std::int32_t> offsets, MatrixView out,
               ThreadPool& pool) {
  ensure(offsets.size() == static_cast<std::size_t>(out.rows) + 1 && out.width == x.width,
         "mean_rows: shapes fit");
  const std::int64_t work = out.rows == 0 ? 0 : std::int64_t{x.rows} * x.width / out.rows;
  for_each_row(out.rows, work, pool, [&](int sequence) {
    const std::int32_t begin = offsets[static_cast<std::size_t>(sequence)];
    const std::int32_t end = offsets[static_cast<std::size_t>(sequence) + 1];
    float* mean = out.row(sequence);
    std::fill_n(mean, x.width, 0.0F);
    for (std::int32_t row = begin; row < end; ++row) add_to(x.row(row), x.width, mean);
    divide(mean, x.width, end - begin);
  });
}

}  // namespace diptych::kernels
