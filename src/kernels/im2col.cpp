#include "kernels/im2col.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {
namespace {

/// One line of the window: the places [left, left + size) of a line of the picture, some of which
/// may lie outside.
void copy_line(const ConstMatrixView& x, int line_row, int map_width, int left, int size,
               float* out) {
  const int channels = x.width;
  for (int kx = 0; kx < size; ++kx, out += channels) {
    const int column = left + kx;
    if (column >= 0 && column < map_width) {
      std::copy_n(x.row(line_row + column), channels, out);
    } else {
      std::fill_n(out, channels, 0.0F);
    }
  }
}

}  // namespace

void im2col(ConstMatrixView x, const MapShape& shape, const SlidingWindow& window, int first_row,
            MatrixView out, ThreadPool& pool) {
  const MapShape places = window.output(shape);
  const int line_values = window.size * x.width;
  ensure(x.rows == shape.rows() && out.width == window.size * line_values &&
             first_row + out.rows <= places.rows(),
         "im2col: shapes fit");
  for_each_row(out.rows, out.width, pool, [&](int row) {
    const int place = first_row + row;
    const int left = place % places.width * window.stride - window.padding();
    const int top = place / places.width % places.height * window.stride - window.padding();
    const int picture_row = place / (places.width * places.height) * shape.height * shape.width;
    float* line = out.row(row);
    for (int ky = 0; ky < window.size; ++ky, line += line_values) {
      const int y = top + ky;
      if (y >= 0 && y < shape.height) {
        copy_line(x, picture_row + y * shape.width, shape.width, left, window.size, line);
      } else {
        std::fill_n(line, line_values, 0.0F);
      }
    }
  });
}

}  // namespace diptych::kernels
