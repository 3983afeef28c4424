#include "diptych/matrix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace diptych {

void normalise_rows(Matrix& matrix) {
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    const std::span<float> row = matrix.row(i);
    double squares = 0.0;
    for (const float value : row) squares += static_cast<double>(value) * value;
    if (squares == 0.0) continue;
    const double scale = 1.0 / std::sqrt(squares);
    for (float& value : row) value = static_cast<float>(value * scale);
  }
}

Matrix similarities(const Matrix& a, const Matrix& b, float scale, float bias) {
  if (a.columns != b.columns) {
    fail(ErrorCode::invalid_argument,
         "similarities: got embeddings of width {} and {}, expected the same", a.columns,
         b.columns);
  }
  Matrix result(a.rows, b.rows);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < b.rows; ++j) {
      const std::span<const float> x = a.row(i);
      const std::span<const float> y = b.row(j);
      result.row(i)[j] =
          static_cast<float>(scale * std::inner_product(x.begin(), x.end(), y.begin(), 0.0) + bias);
    }
  }
  return result;
}

double least_cosine(const Matrix& a, const Matrix& b) {
  if (a.rows != b.rows || a.columns != b.columns) {
    fail(ErrorCode::invalid_argument,
         "least cosine: got embeddings [{}, {}] and [{}, {}], expected the same shape", a.rows,
         a.columns, b.rows, b.columns);
  }
  double least = 1.0;
  for (std::size_t i = 0; i < a.rows; ++i) {
    const auto row = a.row(i);
    least = std::min(least, std::inner_product(row.begin(), row.end(), b.row(i).begin(), 0.0));
  }
  return least;
}

void softmax_rows(Matrix& matrix) {
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    const std::span<float> row = matrix.row(i);
    if (row.empty()) continue;
    // Subtracting the largest keeps exp in range and changes no ratio.
    const float top = *std::max_element(row.begin(), row.end());
    double sum = 0.0;
    for (float& value : row) {
      value = std::exp(value - top);
      sum += value;
    }
    for (float& value : row) value = static_cast<float>(value / sum);
  }
}

std::vector<Ranked> largest(std::span<const float> values, std::size_t count) {
  std::vector<Ranked> ranked(values.size());
  // NaN has no place in an order: it comes last.
  for (std::size_t i = 0; i < values.size(); ++i) {
    ranked[i] = {i, std::isnan(values[i]) ? -std::numeric_limits<float>::infinity() : values[i]};
  }
  count = std::min(count, ranked.size());
  const auto before = [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  };
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                    ranked.end(), before);
  ranked.resize(count);
  return ranked;
}

}  // namespace diptych
