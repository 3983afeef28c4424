#include "evaluate/class_embeddings.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"
#include "diptych/prompts.h"

namespace diptych::evaluate {
namespace {

/// Enough for large batches; the embeddings of a thousand classes and 80 templates at once would
/// take hundreds of megabytes.
constexpr std::size_t kTextsAtATime = 4096;

/// The texts of every label, label by label.
std::vector<std::string> fill(std::span<const std::string> labels,
                              std::span<const std::string> templates, PromptLanguage language) {
  std::vector<std::string> texts;
  for (const std::string& label : labels)
    for (std::string& text : label_prompts(label, templates, language))
      texts.push_back(std::move(text));
  return texts;
}

/// The mean of `count` rows that begin with `first`.
void write_mean(const Matrix& rows, std::size_t first, std::size_t count, std::span<float> mean) {
  for (std::size_t j = 0; j < mean.size(); ++j) {
    double sum = 0.0;
    for (std::size_t i = first; i < first + count; ++i) sum += rows.row(i)[j];
    mean[j] = static_cast<float>(sum / static_cast<double>(count));
  }
}

void check_finite(const Matrix& classes, std::span<const std::string> labels) {
  for (std::size_t i = 0; i < classes.rows; ++i) {
    const std::span<const float> row = classes.row(i);
    if (std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); }))
      continue;
    fail(ErrorCode::invalid_argument,
         "text embedding of '{}': got NaN or infinity, expected numbers; the model is broken",
         labels[i]);
  }
}

}  // namespace

Matrix class_embeddings(const Embedder& embedder, std::span<const std::string> labels,
                        std::span<const std::string> templates, const Progress& progress) {
  const std::size_t texts_a_label = std::max<std::size_t>(1, templates.size());
  const std::size_t step = std::max<std::size_t>(1, kTextsAtATime / texts_a_label);
  Matrix classes;
  for (std::size_t first = 0; first < labels.size(); first += step) {
    const auto some = labels.subspan(first, std::min(step, labels.size() - first));
    const Matrix texts = embedder.embed_texts(fill(some, templates, embedder.language()));
    if (first == 0) classes = Matrix(labels.size(), texts.columns);
    for (std::size_t i = 0; i < some.size(); ++i)
      write_mean(texts, i * texts_a_label, texts_a_label, classes.row(first + i));
    if (progress) progress(first + some.size(), labels.size());
  }
  normalise_rows(classes);
  check_finite(classes, labels);
  return classes;
}

}  // namespace diptych::evaluate
