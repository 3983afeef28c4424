#include "diptych/reference.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/model_implementation.h"
#include "base/error.h"
#include "tensor/tensor.h"

namespace diptych {
namespace {

constexpr const char* kOutputs[] = {"image_features", "text_features", "image_embeddings",
                                    "text_embeddings", "logits_per_image"};
const EncodeOptions kFeatures{.normalise = false};

const Array* find(const Arrays& arrays, std::string_view name) {
  const auto found = arrays.find(name);
  return found == arrays.end() ? nullptr : &found->second;
}

Array to_array(Matrix matrix) {
  return {{static_cast<std::int64_t>(matrix.rows), static_cast<std::int64_t>(matrix.columns)},
          std::move(matrix.values)};
}

Matrix encode_pixels(const Encoder& encoder, const Array& pixels) {
  const std::int64_t size = encoder.model().info().image_size;
  const auto* values = std::get_if<std::vector<float>>(&pixels.values);
  const Shape& shape = pixels.shape;
  if (values == nullptr || shape.size() != 4 || shape[1] != 3 || shape[2] != size ||
      shape[3] != size) {
    fail(ErrorCode::invalid_argument, "pixels: got {}{}, expected float32 [B, 3, {}, {}]",
         values == nullptr ? "integers " : "", to_string(shape), size, size);
  }
  return encoder.encode_pixels(*values, static_cast<std::size_t>(shape[0]), kFeatures);
}

Matrix encode_tokens(const Encoder& encoder, const Array& tokens) {
  const auto* ids = std::get_if<std::vector<std::int32_t>>(&tokens.values);
  if (ids == nullptr || tokens.shape.size() != 2) {
    fail(ErrorCode::invalid_argument, "tokens: got {}{}, expected int32 [B, length]",
         ids == nullptr ? "values of another type " : "", to_string(tokens.shape));
  }
  return encoder.encode_tokens(*ids, static_cast<std::size_t>(tokens.shape[0]), kFeatures);
}

void refuse_no_rows(const Array* array, std::string_view name) {
  if (array == nullptr || array->shape.empty() || array->shape[0] > 0) return;
  fail(ErrorCode::invalid_argument, "{}: got {}, expected at least one row", name,
       to_string(array->shape));
}

Matrix logits(const Encoder& encoder, Matrix images, Matrix texts) {
  normalise_rows(images);
  normalise_rows(texts);
  const ModelInfo& info = encoder.model().info();
  return similarities(images, texts, info.logit_scale, info.logit_bias);
}

double norm(std::span<const float> row) {
  double squares = 0.0;
  for (const float value : row) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

/// Adds a row to a comparison. The result of a NaN or an infinity is the worst there is.
void add_row(Comparison& comparison, std::span<const float> got, std::span<const float> expected) {
  double squares = 0.0;
  double product = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = static_cast<double>(got[i]) - expected[i];
    squares += difference * difference;
    product += static_cast<double>(got[i]) * expected[i];
  }
  double error = std::sqrt(squares) / norm(expected);
  double cosine = product / (norm(got) * norm(expected));
  if (squares == 0.0) {
    error = 0.0;
    cosine = 1.0;
  }
  if (!std::isfinite(error) || !std::isfinite(cosine)) {
    error = std::numeric_limits<double>::infinity();
    cosine = -1.0;
  }
  ++comparison.rows;
  comparison.relative_error = std::max(comparison.relative_error, error);
  comparison.cosine = std::min(comparison.cosine, cosine);
}

Comparison compare_one(const std::string& name, const Array& got, const Array& expected) {
  const auto* ours = std::get_if<std::vector<float>>(&got.values);
  const auto* theirs = std::get_if<std::vector<float>>(&expected.values);
  if (ours == nullptr || theirs == nullptr || got.shape != expected.shape ||
      expected.shape.size() != 2) {
    fail(ErrorCode::invalid_argument, "reference {}: got {}, expected float32 {}", name,
         to_string(expected.shape), to_string(got.shape));
  }
  Comparison comparison{.output = name};
  const auto width = static_cast<std::size_t>(expected.shape[1]);
  for (std::size_t start = 0; start < theirs->size(); start += width) {
    add_row(comparison, std::span(*ours).subspan(start, width),
            std::span(*theirs).subspan(start, width));
  }
  return comparison;
}

/// Pixels that no preprocessing of the model's makes of a picture: of 0 to 255, or of 0 to 1.
void add_note_on_pixels(const Preprocessing& preprocessing, const Array& pixels,
                        std::vector<std::string>& notes) {
  constexpr float kFar = 10.0F;  // times what a picture has at most
  const auto* values = std::get_if<std::vector<float>>(&pixels.values);
  if (values == nullptr || values->empty()) return;
  float darkest = 0.0F;
  float lightest = 0.0F;
  for (std::size_t i = 0; i < preprocessing.mean.size(); ++i) {
    darkest = std::min(darkest, -preprocessing.mean[i] / preprocessing.std[i]);
    lightest = std::max(lightest, (1.0F - preprocessing.mean[i]) / preprocessing.std[i]);
  }
  const auto [least, most] = std::minmax_element(values->begin(), values->end());
  const bool is_far = *most > kFar * std::max(lightest, -darkest);
  const bool is_plain = darkest < 0.0F && *least >= 0.0F && *most <= 1.0F && *least != *most;
  if (!is_far && !is_plain) return;
  notes.push_back(fmt::format(
      "pixels: got {:.4g} to {:.4g}, where the model's preprocessing makes {:.3g} to {:.3g}",
      *least, *most, darkest, lightest));
}

/// Texts without the token at which the text tower is read.
void add_note_on_tokens(const network::ModelConfig& config, const Array& tokens,
                        std::vector<std::string>& notes) {
  const auto* tower = std::get_if<network::TextTransformerConfig>(&config.text);
  const auto* ids = std::get_if<std::vector<std::int32_t>>(&tokens.values);
  if (tower == nullptr || ids == nullptr || tokens.shape.size() != 2 || tokens.shape[1] < 1) return;
  if (tower->pooling != network::TextPooling::end_of_text) return;
  const int end = tower->end_of_text_id == network::kLargestId ? tower->vocabulary_size - 1
                                                               : tower->end_of_text_id;
  const auto length = static_cast<std::size_t>(tokens.shape[1]);
  std::size_t without = 0;
  for (std::size_t start = 0; start < ids->size(); start += length) {
    const auto row = std::span(*ids).subspan(start, length);
    without += std::find(row.begin(), row.end(), end) == row.end() ? 1 : 0;
  }
  if (without == 0) return;
  notes.push_back(
      fmt::format("tokens: got {} of {} texts without the token {}, which ends one: they are read "
                  "at another",
                  without, tokens.shape[0], end));
}

/// The model's own references as arrays, the texts in their order.
Arrays expected_embeddings(const checkpoint::ReferenceEmbeddings& references) {
  Arrays expected;
  const auto width = static_cast<std::int64_t>(references.picture_embedding.size());
  expected["image_embeddings"] = {{1, width}, references.picture_embedding};
  std::vector<float> texts;
  for (const auto& [text, embedding] : references.texts) {
    texts.insert(texts.end(), embedding.begin(), embedding.end());
  }
  expected["text_embeddings"] = {{static_cast<std::int64_t>(references.texts.size()), width},
                                 std::move(texts)};
  return expected;
}

}  // namespace

Arrays encode_arrays(const Encoder& encoder, const Arrays& inputs) {
  const Array* pixels = find(inputs, "pixels");
  const Array* tokens = find(inputs, "tokens");
  if (pixels == nullptr && tokens == nullptr) {
    fail(ErrorCode::invalid_argument,
         "tensors: got neither pixels nor tokens, expected at least one of them");
  }
  refuse_no_rows(pixels, "pixels");
  refuse_no_rows(tokens, "tokens");
  Arrays outputs;
  Matrix images;
  Matrix texts;
  if (pixels != nullptr) {
    images = encode_pixels(encoder, *pixels);
    outputs["image_features"] = to_array(images);
  }
  if (tokens != nullptr) {
    texts = encode_tokens(encoder, *tokens);
    outputs["text_features"] = to_array(texts);
  }
  if (pixels != nullptr && tokens != nullptr) {
    outputs["logits_per_image"] = to_array(logits(encoder, std::move(images), std::move(texts)));
  }
  return outputs;
}

std::vector<std::string> array_notes(const Model& model, const Arrays& inputs) {
  std::vector<std::string> notes;
  const Array* pixels = find(inputs, "pixels");
  const Array* tokens = find(inputs, "tokens");
  if (pixels != nullptr) add_note_on_pixels(model.info().preprocessing, *pixels, notes);
  if (tokens != nullptr) add_note_on_tokens(model.implementation().file.config, *tokens, notes);
  return notes;
}

std::vector<Comparison> compare(const Arrays& got, const Arrays& expected) {
  std::vector<Comparison> comparisons;
  for (const char* name : kOutputs) {
    const Array* ours = find(got, name);
    const Array* theirs = find(expected, name);
    if (ours != nullptr && theirs != nullptr) {
      comparisons.push_back(compare_one(name, *ours, *theirs));
    }
  }
  if (comparisons.empty()) {
    fail(ErrorCode::invalid_argument,
         "reference: got no output to compare, expected image_features, text_features or "
         "logits_per_image");
  }
  return comparisons;
}

std::vector<Comparison> compare_with_own_references(const Encoder& encoder) {
  const auto& references = encoder.model().implementation().file.references;
  if (!references) {
    fail(ErrorCode::not_found,
         "reference: got a model without embeddings of its own, expected a diptych model folder "
         "with some, or a file of a reference's ({})",
         encoder.model().info().name);
  }
  std::vector<std::string> texts;
  for (const auto& reference : references->texts) texts.push_back(reference.text);
  const std::span<const Image> picture(&references->picture, 1);
  return compare({{"image_embeddings", to_array(encoder.encode_images(picture).all())},
                  {"text_embeddings", to_array(encoder.encode_texts(texts).all())}},
                 expected_embeddings(*references));
}

}  // namespace diptych
