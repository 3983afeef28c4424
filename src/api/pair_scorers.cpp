#include <algorithm>
#include <memory>

#include "base/error.h"
#include "diptych/filters.h"

namespace diptych {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

PictureEmbedder picture_embedder(const Encoder& encoder) {
  return [encoder](std::span<const PictureBytes> pictures) {
    return encoder.encode_images(pictures).all();
  };
}

PairScorer clip_scorer(const Encoder& encoder) {
  return [encoder](std::span<const PictureBytes> pictures, std::span<const std::string> captions) {
    const EncodedImages images = encoder.encode_images(pictures);
    const EncodedTexts texts = encoder.encode_texts(captions);
    const Matrix& image_rows = images.all();
    const Matrix& text_rows = texts.all();
    std::vector<double> scores(captions.size());
    for (std::size_t i = 0; i < scores.size(); ++i)
      scores[i] = dot(image_rows.row(i), text_rows.row(i));
    return scores;
  };
}

PairScorer head_scorer(const Encoder& encoder, std::vector<float> weights, float bias) {
  const auto width = static_cast<std::size_t>(encoder.model().info().embedding_width);
  if (weights.size() != width) {
    fail(ErrorCode::invalid_argument, "head: got {} weights, expected the embedding's width, {}",
         weights.size(), width);
  }
  return [encoder, weights = std::move(weights), bias](std::span<const PictureBytes> pictures,
                                                       std::span<const std::string>) {
    const EncodedImages images = encoder.encode_images(pictures);
    const Matrix& rows = images.all();
    std::vector<double> scores(pictures.size(), static_cast<double>(bias));
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto row = rows.row(i);
      for (std::size_t k = 0; k < row.size(); ++k)
        scores[i] += static_cast<double>(row[k]) * static_cast<double>(weights[k]);
    }
    return scores;
  };
}

}  // namespace diptych
