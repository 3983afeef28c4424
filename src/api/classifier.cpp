#include "diptych/classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/encoder_embedder.h"
#include "api/model_implementation.h"
#include "base/error.h"
#include "evaluate/class_embeddings.h"
#include "evaluate/label_notes.h"

namespace diptych {
namespace {

/// Where it is known from which cosine on a label fits, the answer may be that it does not.
std::string note_on_one_label(const std::string& label, bool may_fit_none) {
  return fmt::format(
      "one label alone, '{}': its share among the labels is 100 % whatever the picture shows{}; "
      "give other labels to compare it with, or ask for independent scores",
      label, may_fit_none ? ", unless the answer is that it does not fit" : "");
}

ScoreKind kind_of(const ModelInfo& model, const ClassifierOptions& options) {
  if (model.has_logit_bias) return ScoreKind::sigmoid;
  return options.independent ? ScoreKind::cosine : ScoreKind::softmax;
}

void check_finite(const Matrix& embeddings) {
  const auto bad = std::find_if(embeddings.values.begin(), embeddings.values.end(),
                                [](float value) { return !std::isfinite(value); });
  if (bad == embeddings.values.end()) return;
  const auto place = static_cast<std::size_t>(bad - embeddings.values.begin());
  fail(ErrorCode::invalid_argument,
       "picture embeddings: got NaN or infinity in row {}, expected numbers",
       place / embeddings.columns);
}

void sigmoid(Matrix& matrix) {
  for (float& value : matrix.values) value = 1.0F / (1.0F + std::exp(-value));
}

}  // namespace

std::string_view name(ScoreKind kind) {
  switch (kind) {
    case ScoreKind::softmax:
      return "softmax";
    case ScoreKind::sigmoid:
      return "sigmoid";
    case ScoreKind::cosine:
      return "cosine";
  }
  return "";
}

Classifier::Classifier(const Encoder& encoder, std::vector<std::string> labels,
                       ClassifierOptions options)
    : labels_(std::move(labels)),
      templates_(std::move(options.templates)),
      language_(EncoderEmbedder(encoder).language()),
      logit_scale_(encoder.model().info().logit_scale),
      logit_bias_(encoder.model().info().logit_bias),
      kind_(kind_of(encoder.model().info(), options)),
      fits_from_(encoder.model().implementation().file.fits_from) {
  check_labels(labels_);
  check_templates(templates_);
  const EncoderEmbedder embedder(encoder);
  class_embeddings_ = evaluate::class_embeddings(embedder, labels_, templates_);
  notes_ = evaluate::label_notes("label", labels_, templates_, embedder, class_embeddings_);
  if (kind_ == ScoreKind::softmax && labels_.size() == 1)
    notes_.push_back(note_on_one_label(labels_.front(), fits_from_.has_value()));
}

std::vector<std::string> Classifier::prompts(std::size_t label) const {
  return label_prompts(labels_.at(label), templates_, language_);
}

Matrix Classifier::cosines(const Matrix& image_embeddings) const {
  check_finite(image_embeddings);
  return similarities(image_embeddings, class_embeddings_);
}

Matrix Classifier::scores(const Matrix& image_embeddings) const {
  if (kind_ == ScoreKind::cosine) return cosines(image_embeddings);
  check_finite(image_embeddings);
  Matrix scores = similarities(image_embeddings, class_embeddings_, logit_scale_,
                               kind_ == ScoreKind::sigmoid ? logit_bias_ : 0.0F);
  kind_ == ScoreKind::sigmoid ? sigmoid(scores) : softmax_rows(scores);
  return scores;
}

}  // namespace diptych
