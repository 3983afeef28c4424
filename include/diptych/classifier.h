#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diptych/encoder.h"
#include "diptych/export.h"
#include "diptych/matrix.h"
#include "diptych/prompts.h"

namespace diptych {

/// What a classifier's scores are.
enum class ScoreKind {
  /// Each label's share among the labels given, 0 to 1: the softmax of logit scale x cosine. The
  /// scores of a picture sum to 1, whether or not any label fits it.
  softmax,
  /// Whether the label fits the picture, 0 to 1, whatever the other labels are: the sigmoid of
  /// logit scale x cosine + logit bias, what models with a bias (SigLIP) are trained to give.
  sigmoid,
  /// Cosine similarity, -1 to 1, whatever the other labels are. It is no probability, and where
  /// the line between "fits" and "does not" runs differs from model to model.
  cosine,
};

/// Returns "softmax", "sigmoid" or "cosine".
DIPTYCH_API std::string_view name(ScoreKind kind);

struct ClassifierOptions {
  /// What the labels are put into, literally; of several the embeddings are averaged. Default:
  /// none, each label is put into its own `default_template`.
  std::vector<std::string> templates;
  /// Whether a label's score must not depend on the other labels. A model with a logit bias then
  /// gives sigmoid scores, as it always does; any other gives cosines, since nothing in it was
  /// trained to be a probability by itself. Default: false.
  bool independent = false;
};

/// Zero-shot classification (arXiv 2103.00020, section 3.1): every label becomes a class embedding,
/// which a picture's embedding is compared with. Immutable and thread-safe once made.
class DIPTYCH_API Classifier {
 public:
  /// Puts every label into the templates and encodes the texts. A class embedding is the mean of
  /// its texts' embeddings, normalised again, as the reference's prompt ensembling has it. Throws
  /// Error(invalid_argument) as `check_labels` and `check_templates` do.
  Classifier(const Encoder& encoder, std::vector<std::string> labels,
             ClassifierOptions options = {});

  const std::vector<std::string>& labels() const { return labels_; }
  /// Returns the texts that stand for a label, by its index.
  std::vector<std::string> prompts(std::size_t label) const;
  /// Returns [labels, embedding width], unit rows.
  const Matrix& class_embeddings() const { return class_embeddings_; }
  ScoreKind score_kind() const { return kind_; }
  /// Returns the cosine from which on a label fits a picture, where it was measured for the model;
  /// none of the labels fits a picture whose cosines are all lower. Nothing for most models: they
  /// tell which label fits best, and not whether it does.
  std::optional<float> fits_from() const { return fits_from_; }
  /// Returns why the scores may say less than they seem to, one sentence each: one label alone
  /// under softmax, labels that are the same to the model, an article that template and label both
  /// have. Usually none.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Scores [pictures, labels] of picture embeddings [pictures, embedding width]. Throws
  /// Error(invalid_argument) when the width is another, or a number is not finite.
  Matrix scores(const Matrix& image_embeddings) const;
  /// Returns cosine similarities [pictures, labels]. Throws as `scores`.
  Matrix cosines(const Matrix& image_embeddings) const;

 private:
  std::vector<std::string> labels_;
  std::vector<std::string> templates_;
  PromptLanguage language_;
  Matrix class_embeddings_;
  float logit_scale_;
  float logit_bias_;
  ScoreKind kind_;
  std::optional<float> fits_from_;
  std::vector<std::string> notes_;
};

}  // namespace diptych
