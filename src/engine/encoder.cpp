#include "engine/encoder.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/batches.h"

namespace diptych::engine {
namespace {

/// A turn of at most this part of a full batch is small: a query, which several threads at once
/// compute side by side.
constexpr int kSmallPart = 4;

Turns::Size turn_size(int inputs, int batch) {
  return inputs <= std::max(1, batch / kSmallPart) ? Turns::Size::small : Turns::Size::large;
}

/// Some of the texts, as a batch of their own.
network::Tokens part_of(const network::Tokens& tokens, const std::vector<int>& texts) {
  network::Tokens part;
  for (const int text : texts) {
    const auto begin = static_cast<std::size_t>(tokens.sequences.begin(text));
    const auto count = static_cast<std::size_t>(tokens.sequences.length(text));
    part.append(std::span(tokens.ids).subspan(begin, count),
                std::span(tokens.places).subspan(begin, count));
  }
  return part;
}

/// Puts row i of `rows` in the place of text i.
void scatter_rows(std::span<const float> rows, const std::vector<int>& texts,
                  TensorBuffer& features) {
  const auto width = static_cast<std::size_t>(features.shape().back());
  for (std::size_t i = 0; i < texts.size(); ++i)
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                features.floats().data() + static_cast<std::size_t>(texts[i]) * width);
}

}  // namespace

Encoder::Encoder(std::shared_ptr<PackedModel> packed, int batch)
    : packed_(std::move(packed)),
      batch_(batch),
      pictures_per_batch_(pictures_per_batch(model(), packed_->batch_floats())),
      tokens_per_batch_(tokens_per_batch(model(), packed_->batch_floats())) {}

int Encoder::batch_size(std::size_t total) const {
  if (batch_ > 0) return batch_;
  // More than fits an int makes batches that are full but for the last.
  constexpr std::size_t kMany = 1 << 24;
  return even_batch(static_cast<int>(std::min(total, kMany)), pictures_per_batch_);
}

TensorBuffer Encoder::encode_images(const network::Pixels& pixels, const Progress& progress) const {
  check_image_size(model(), pixels);
  const auto width = static_cast<std::size_t>(model().config.embedding_width);
  TensorBuffer features(DType::float32, {pixels.batch, static_cast<std::int64_t>(width)});
  const std::size_t picture_floats = 3 * static_cast<std::size_t>(pixels.height) * pixels.width;
  const int batch = batch_size(static_cast<std::size_t>(pixels.batch));
  for (int first = 0; first < pixels.batch; first += batch) {
    network::Pixels some = pixels;
    some.data += static_cast<std::size_t>(first) * picture_floats;
    some.batch = std::min(batch, pixels.batch - first);
    const auto rows = features.floats().subspan(static_cast<std::size_t>(first) * width,
                                                static_cast<std::size_t>(some.batch) * width);
    packed_->in_turn(turn_size(some.batch, pictures_per_batch_),
                     [&](Executor& executor) { executor.image_features(some, rows); });
    if (progress) progress(first + some.batch);
  }
  return features;
}

TensorBuffer Encoder::encode_texts(const network::Tokens& tokens, const Progress& progress) const {
  network::check_packed(model(), tokens);
  const auto width = static_cast<std::size_t>(model().config.embedding_width);
  TensorBuffer features(DType::float32,
                        {tokens.sequences.count(), static_cast<std::int64_t>(width)});
  int done = 0;
  const TextOrder order =
      packed_->shares_prefixes() ? order_by_prefix(tokens) : order_by_length(tokens.sequences);
  for (const std::vector<int>& texts :
       text_batches(tokens.sequences, order, tokens_per_batch_, batch_)) {
    const network::Tokens part = part_of(tokens, texts);
    std::vector<float> rows(texts.size() * width);
    packed_->in_turn(turn_size(part.sequences.tokens(), tokens_per_batch_),
                     [&](Executor& executor) { executor.text_features(part, rows); });
    scatter_rows(rows, texts, features);
    done += part.sequences.count();
    if (progress) progress(done);
  }
  return features;
}

void check_image_size(const network::Model& model, const network::Pixels& pixels) {
  const int side = network::image_size(model.config.image);
  if (pixels.height != side || pixels.width != side)
    fail(ErrorCode::invalid_argument, "pixels: got pictures of {} x {}, expected {} x {}",
         pixels.width, pixels.height, side, side);
}

}  // namespace diptych::engine
