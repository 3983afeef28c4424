#include "diptych/classifier.h"

#include <utility>

#include "api/encoder_embedder.h"
#include "evaluate/class_embeddings.h"

namespace diptych {

Classifier::Classifier(const Encoder& encoder, std::vector<std::string> labels,
                       const std::vector<std::string>& templates)
    : labels_(std::move(labels)), logit_scale_(encoder.model().info().logit_scale) {
  check_labels(labels_);
  class_embeddings_ = evaluate::class_embeddings(EncoderEmbedder(encoder), labels_, templates);
}

Matrix Classifier::scores(const Matrix& image_embeddings) const {
  Matrix scores = similarities(image_embeddings, class_embeddings_, logit_scale_);
  softmax_rows(scores);
  return scores;
}

}  // namespace diptych
