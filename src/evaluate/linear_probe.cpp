#include "evaluate/linear_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace diptych::evaluate {
namespace {

/// Enough for what a few hundred pictures tell; a step costs two passes over them.
constexpr int kProbeSteps = 300;

/// How inputs are moved and scaled: to a mean of zero, and rows of a mean squared norm of one.
struct Centring {
  std::vector<float> mean;
  float scale = 1.0F;

  explicit Centring(const Matrix& rows) : mean(rows.columns) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      for (std::size_t j = 0; j < rows.columns; ++j)
        mean[j] += rows.row(i)[j] / static_cast<float>(rows.rows);
    }
    double squares = 0.0;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      for (std::size_t j = 0; j < rows.columns; ++j)
        squares += std::pow(rows.row(i)[j] - mean[j], 2.0);
    }
    if (squares > 0.0)
      scale = static_cast<float>(std::sqrt(static_cast<double>(rows.rows) / squares));
  }

  /// The same rows, moved, scaled and with a one at their ends, which is the bias's input.
  Matrix apply(const Matrix& rows) const {
    Matrix result(rows.rows, rows.columns + 1);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      for (std::size_t j = 0; j < rows.columns; ++j)
        result.row(i)[j] = scale * (rows.row(i)[j] - mean[j]);
      result.row(i)[rows.columns] = 1.0F;
    }
    return result;
  }
};

/// The gradient of the mean loss at `weights` [classes, inputs].
Matrix gradient_at(const Matrix& weights, const Matrix& inputs,
                   std::span<const std::size_t> right_classes, double decay) {
  Matrix shares = similarities(inputs, weights);
  softmax_rows(shares);
  Matrix gradient(weights.rows, weights.columns);
  for (std::size_t i = 0; i < inputs.rows; ++i) {
    shares.row(i)[right_classes[i]] -= 1.0F;
    for (std::size_t c = 0; c < weights.rows; ++c) {
      const float share = shares.row(i)[c] / static_cast<float>(inputs.rows);
      for (std::size_t j = 0; j < weights.columns; ++j)
        gradient.row(c)[j] += share * inputs.row(i)[j];
    }
  }
  for (std::size_t c = 0; c < weights.rows; ++c) {
    for (std::size_t j = 0; j + 1 < weights.columns; ++j)
      gradient.row(c)[j] += static_cast<float>(decay) * weights.row(c)[j];
  }
  return gradient;
}

}  // namespace

Matrix linear_probe(const Matrix& embeddings, std::span<const std::size_t> right_classes,
                    std::size_t classes, const Matrix& others, double decay) {
  const Centring centring(embeddings);
  const Matrix inputs = centring.apply(embeddings);
  Matrix weights(classes, inputs.columns);
  Matrix ahead = weights;
  // Nesterov's steps. The loss's curvature is at most half of the largest squared row, here about
  // two, and the decay's.
  double largest_square = 0.0;
  for (std::size_t i = 0; i < inputs.rows; ++i) {
    double square = 0.0;
    for (const float value : inputs.row(i)) square += static_cast<double>(value) * value;
    largest_square = std::max(largest_square, square);
  }
  const auto step = static_cast<float>(1.0 / (0.5 * largest_square + decay));
  for (int t = 0; t < kProbeSteps; ++t) {
    const Matrix gradient = gradient_at(ahead, inputs, right_classes, decay);
    const float momentum = static_cast<float>(t) / static_cast<float>(t + 3);
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
      const float moved = ahead.values[i] - step * gradient.values[i];
      ahead.values[i] = moved + momentum * (moved - weights.values[i]);
      weights.values[i] = moved;
    }
  }
  return similarities(centring.apply(others), weights);
}

double accuracy(const Matrix& scores, std::span<const std::size_t> right_classes) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < scores.rows; ++i) {
    const auto row = scores.row(i);
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    right += static_cast<std::size_t>(best) == right_classes[i] ? 1 : 0;
  }
  return scores.rows == 0 ? 0.0 : static_cast<double>(right) / static_cast<double>(scores.rows);
}

double best_probe_accuracy(const Matrix& embeddings, std::span<const std::size_t> right_classes,
                           std::size_t classes, const Matrix& others,
                           std::span<const std::size_t> right_others) {
  constexpr std::array kDecays = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
  double best = 0.0;
  for (const double decay : kDecays) {
    best = std::max(best, accuracy(linear_probe(embeddings, right_classes, classes, others, decay),
                                   right_others));
  }
  return best;
}

}  // namespace diptych::evaluate
