#pragma once

#include <cstddef>
#include <span>

#include "diptych/matrix.h"

namespace diptych::evaluate {

/// Fits a linear classifier (multinomial logistic regression, arXiv 2103.00020, appendix A) to
/// embeddings [pictures, width] of `classes` classes. `decay`: what half of the squared weights is
/// multiplied by beside the mean loss. Returns the scores [others.rows, classes] of other
/// embeddings, for comparing only. Every class is in 0 to classes - 1.
Matrix linear_probe(const Matrix& embeddings, std::span<const std::size_t> right_classes,
                    std::size_t classes, const Matrix& others, double decay);

/// Returns the share, 0 to 1, of rows whose largest score is the right class's; the first of equal
/// ones.
double accuracy(const Matrix& scores, std::span<const std::size_t> right_classes);

/// Returns the accuracy on other embeddings of the probe whose decay suits them best, among a few:
/// an upper bound of what a choice without looking at them could give.
double best_probe_accuracy(const Matrix& embeddings, std::span<const std::size_t> right_classes,
                           std::size_t classes, const Matrix& others,
                           std::span<const std::size_t> right_others);

}  // namespace diptych::evaluate
