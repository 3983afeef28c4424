#pragma once

#include <string>
#include <vector>

#include "diptych/encoder.h"
#include "diptych/matrix.h"
#include "diptych/prompts.h"

namespace diptych {

/// Zero-shot classification (arXiv 2103.00020, section 3.1): every label becomes a class embedding,
/// and a picture's score for it is the softmax over the labels of logit scale x cosine similarity.
/// Immutable and thread-safe once made.
class Classifier {
 public:
  /// Fills every template with every label and encodes the texts. A class embedding is the mean of
  /// its texts' embeddings, normalised again, as the reference's prompt ensembling has it. Throws
  /// Error(invalid_argument) as `check_labels` and `fill_template` do, and when there is no
  /// template.
  Classifier(const Encoder& encoder, std::vector<std::string> labels,
             const std::vector<std::string>& templates = {std::string(kDefaultTemplate)});

  const std::vector<std::string>& labels() const { return labels_; }
  /// [labels, embedding width], unit rows.
  const Matrix& class_embeddings() const { return class_embeddings_; }

  /// Softmax probabilities [pictures, labels] of picture embeddings [pictures, embedding width].
  /// Throws Error(invalid_argument) when the width is another.
  Matrix scores(const Matrix& image_embeddings) const;

 private:
  std::vector<std::string> labels_;
  Matrix class_embeddings_;
  float logit_scale_;
};

}  // namespace diptych
