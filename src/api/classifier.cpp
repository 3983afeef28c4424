#include "diptych/classifier.h"

#include <span>
#include <utility>

#include "base/error.h"

namespace diptych {
namespace {

/// Every template filled with every label, label by label.
std::vector<std::string> fill(const std::vector<std::string>& labels,
                              const std::vector<std::string>& templates) {
  std::vector<std::string> texts;
  texts.reserve(labels.size() * templates.size());
  for (const std::string& label : labels) {
    for (const std::string& prompt : templates) texts.push_back(fill_template(prompt, label));
  }
  return texts;
}

/// The mean of every `group` consecutive rows.
Matrix mean_of_groups(const Matrix& matrix, std::size_t group) {
  Matrix means(matrix.rows / group, matrix.columns);
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    const std::span<const float> row = matrix.row(i);
    const std::span<float> mean = means.row(i / group);
    for (std::size_t j = 0; j < row.size(); ++j) mean[j] += row[j] / static_cast<float>(group);
  }
  return means;
}

}  // namespace

Classifier::Classifier(const Encoder& encoder, std::vector<std::string> labels,
                       const std::vector<std::string>& templates)
    : labels_(std::move(labels)), logit_scale_(encoder.model().info().logit_scale) {
  check_labels(labels_);
  if (templates.empty()) {
    fail(ErrorCode::invalid_argument, "prompt templates: got none, expected at least one");
  }
  class_embeddings_ =
      mean_of_groups(encoder.encode_texts(fill(labels_, templates)), templates.size());
  normalise_rows(class_embeddings_);
}

Matrix Classifier::scores(const Matrix& image_embeddings) const {
  Matrix scores = similarities(image_embeddings, class_embeddings_, logit_scale_);
  softmax_rows(scores);
  return scores;
}

}  // namespace diptych
