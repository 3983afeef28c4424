#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "diptych/export.h"

namespace diptych {

/// float32 values [rows, columns], row by row: embeddings or features, one input a row.
struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;

  Matrix() = default;
  /// Zero-filled.
  Matrix(std::size_t rows, std::size_t columns)
      : rows(rows), columns(columns), values(rows * columns) {}

  std::span<float> row(std::size_t i) { return std::span(values).subspan(i * columns, columns); }
  std::span<const float> row(std::size_t i) const {
    return std::span(values).subspan(i * columns, columns);
  }
};

/// Divides every row by its L2 norm. A row of zeros stays as it is.
DIPTYCH_API void normalise_rows(Matrix& matrix);

/// Returns scale x (a b^T) + bias, [a.rows, b.rows]: for embeddings, scaled cosine similarities.
/// Throws Error(invalid_argument) when the columns differ.
DIPTYCH_API Matrix similarities(const Matrix& a, const Matrix& b, float scale = 1.0F,
                                float bias = 0.0F);

/// Returns the smallest cosine of a row of `a` and the row of `b` beside it, all of which have unit
/// length; 1 where there are no rows. Throws Error(invalid_argument) when the shapes differ.
DIPTYCH_API double least_cosine(const Matrix& a, const Matrix& b);

/// Replaces every row by its softmax: positive values that sum to 1.
DIPTYCH_API void softmax_rows(Matrix& matrix);

/// An entry of a row: its column and value.
struct Ranked {
  std::size_t index = 0;
  float score = 0.0F;
};

/// Returns the `count` largest values, largest first; equal values in the order of their index.
/// `count` may exceed the number of values.
DIPTYCH_API std::vector<Ranked> largest(std::span<const float> values, std::size_t count);

}  // namespace diptych
