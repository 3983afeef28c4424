#pragma once

#include <cstdint>

#include "base/parallel.h"
#include "kernels/matrix.h"

namespace diptych::kernels {

/// A batch of pictures, channels last: row (b * height + y) * width + x of a matrix.
struct MapShape {
  int batch = 0;
  int height = 0;
  int width = 0;

  int rows() const { return batch * height * width; }
};

/// A square window sliding over a picture with zero padding of (size - 1) / 2.
struct SlidingWindow {
  int size = 1;
  int stride = 1;

  int padding() const { return (size - 1) / 2; }
  int places(int side) const { return (side + 2 * padding() - size) / stride + 1; }
  MapShape output(const MapShape& in) const {
    return {in.batch, places(in.height), places(in.width)};
  }
};

/// Copies what the window sees at output places [first_row, first_row + out.rows), one a row: value
/// (ky * size + kx) * channels + c, zero outside the picture. A convolution is then a product.
void im2col(ConstMatrixView x, const MapShape& shape, const SlidingWindow& window, int first_row,
            MatrixView out, ThreadPool& pool);

}  // namespace diptych::kernels
