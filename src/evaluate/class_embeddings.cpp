#include "evaluate/class_embeddings.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "diptych/prompts.h"

namespace diptych::evaluate {
namespace {

/// Enough for large batches; the embeddings of a thousand classes and 80 templates at once would
/// take hundreds of megabytes.
constexpr std::size_t kTextsAtATime = 4096;

/// Every template filled with every label, label by label.
std::vector<std::string> fill(std::span<const std::string> labels,
                              std::span<const std::string> templates) {
  std::vector<std::string> texts;
  texts.reserve(labels.size() * templates.size());
  for (const std::string& label : labels) {
    for (const std::string& prompt : templates) texts.push_back(fill_template(prompt, label));
  }
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

}  // namespace

Matrix class_embeddings(const Embedder& embedder, std::span<const std::string> labels,
                        std::span<const std::string> templates, const Progress& progress) {
  if (templates.empty())
    fail(ErrorCode::invalid_argument, "prompt templates: got none, expected at least one");
  const std::size_t step = std::max<std::size_t>(1, kTextsAtATime / templates.size());
  Matrix classes;
  for (std::size_t first = 0; first < labels.size(); first += step) {
    const auto some = labels.subspan(first, std::min(step, labels.size() - first));
    const Matrix texts = embedder.embed_texts(fill(some, templates));
    if (first == 0) classes = Matrix(labels.size(), texts.columns);
    for (std::size_t i = 0; i < some.size(); ++i)
      write_mean(texts, i * templates.size(), templates.size(), classes.row(first + i));
    if (progress) progress(first + some.size(), labels.size());
  }
  normalise_rows(classes);
  return classes;
}

}  // namespace diptych::evaluate
