#include "engine/encoder.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "kernels/norm.h"

namespace diptych::engine {
namespace {

/// The widest activation of one part, in floats: large enough for full speed, small enough to stay
/// near the caches.
constexpr std::int64_t kPartFloats = std::int64_t{1} << 22;

/// The widest activation of one picture, in floats.
std::int64_t widest_activation(const network::VisionTransformer& tower) {
  const network::VisionTransformerConfig& config = tower.config;
  return (1 + std::int64_t{config.grid()} * config.grid()) *
         std::max(config.mlp_width, 3 * config.width);
}

std::int64_t widest_activation(const network::EvaTransformer& tower) {
  const network::EvaTransformerConfig& config = tower.config;
  return (1 + std::int64_t{config.grid()} * config.grid()) *
         std::max(config.mlp_width, 3 * config.width);
}

std::int64_t widest_activation(const network::ModifiedResNet& tower) {
  const std::int64_t side = tower.config.image_size / 2;
  return side * side * tower.config.width;
}

/// The MLP of the first stage: every later one has half as many numbers.
std::int64_t widest_activation(const network::ConvNext& tower) {
  const std::int64_t side = tower.config.image_size / network::ConvNextConfig::kPatchSize;
  return side * side * 4 * tower.config.widths.front();
}

/// The first stage's bottlenecks before they halve the map.
std::int64_t widest_activation(const network::ViTamin& tower) {
  const std::int64_t side = tower.config.image_size / 2;
  return side * side * 4 * tower.config.convolution_widths.front();
}

/// The stem after its first convolution, or the first stage's MLP.
std::int64_t widest_activation(const network::FastVit& tower) {
  const std::int64_t side = tower.config.image_size / network::FastVitConfig::kPatchSize;
  return side * side * std::max(4, tower.config.mlp_ratio) * tower.config.widths.front();
}

int widest_token(const network::TextTransformer& tower) {
  return std::max(tower.config.mlp_width, 3 * tower.config.width);
}

int widest_token(const network::Bert& tower) {
  return std::max(tower.config.mlp_width, 3 * tower.config.width);
}

int pictures_per_part(const network::Model& model) {
  const std::int64_t widest =
      std::visit([](const auto& tower) { return widest_activation(tower); }, model.image);
  return static_cast<int>(std::max<std::int64_t>(1, kPartFloats / widest));
}

int tokens_per_part(const network::Model& model) {
  const int widest = std::visit([](const auto& tower) { return widest_token(tower); }, model.text);
  return static_cast<int>(std::max<std::int64_t>(1, kPartFloats / widest));
}

/// Texts [first, last) as a batch of their own.
network::Tokens part_of(const network::Tokens& tokens, int first, int last) {
  network::Tokens part;
  for (int i = first; i < last; ++i) {
    const auto begin = static_cast<std::size_t>(tokens.sequences.begin(i));
    const auto count = static_cast<std::size_t>(tokens.sequences.length(i));
    part.append(std::span(tokens.ids).subspan(begin, count),
                std::span(tokens.places).subspan(begin, count));
  }
  return part;
}

/// Where a part of at most `limit` tokens that starts at text `first` ends: one text at least.
int end_of_part(const network::Sequences& sequences, int first, int limit) {
  int last = first + 1;
  while (last < sequences.count() &&
         sequences.begin(last) + sequences.length(last) - sequences.begin(first) <= limit)
    ++last;
  return last;
}

void copy_rows(const Tensor& from, int first, TensorBuffer& to) {
  const auto width = static_cast<std::size_t>(from.width());
  for (int i = 0; i < from.rows(); ++i)
    std::copy_n(from.row(i), width,
                to.floats().data() + static_cast<std::size_t>(first + i) * width);
}

}  // namespace

Encoder::Encoder(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool)
    : weights_(std::move(weights)), pool_(std::move(pool)), operations_(*weights_, *pool_) {}

TensorBuffer Encoder::encode_images(const network::Pixels& pixels) {
  const network::Model& model = weights_->model();
  const int side = network::image_size(model.config.image);
  if (pixels.height != side || pixels.width != side)
    fail(ErrorCode::invalid_argument, "pixels: got pictures of {} x {}, expected {} x {}",
         pixels.width, pixels.height, side, side);
  TensorBuffer features(DType::float32, {pixels.batch, model.config.embedding_width});
  const std::size_t picture_floats = 3 * static_cast<std::size_t>(side) * side;
  const int part = pictures_per_part(model);
  for (int first = 0; first < pixels.batch; first += part) {
    network::Pixels some = pixels;
    some.data += static_cast<std::size_t>(first) * picture_floats;
    some.batch = std::min(part, pixels.batch - first);
    copy_rows(network::image_features(operations_, model, some), first, features);
  }
  return features;
}

TensorBuffer Encoder::encode_texts(const network::Tokens& tokens) {
  const network::Model& model = weights_->model();
  network::check_packed(model, tokens);
  const int texts = tokens.sequences.count();
  TensorBuffer features(DType::float32, {texts, model.config.embedding_width});
  const int limit = tokens_per_part(model);
  for (int first = 0; first < texts;) {
    const int last = end_of_part(tokens.sequences, first, limit);
    const network::Tokens part = part_of(tokens, first, last);
    copy_rows(network::text_features(operations_, model, part), first, features);
    first = last;
  }
  return features;
}

void normalise(TensorBuffer& features) {
  const auto width = static_cast<int>(features.shape().back());
  kernels::normalise_rows({features.floats().data(), static_cast<int>(features.shape().front()),
                           width, static_cast<std::size_t>(width)});
}

}  // namespace diptych::engine
