#include "engine/batches.h"

#include <algorithm>
#include <numeric>
#include <variant>

namespace diptych::engine {
namespace {

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

}  // namespace

int pictures_per_batch(const network::Model& model, std::int64_t floats) {
  const std::int64_t widest =
      std::visit([](const auto& tower) { return widest_activation(tower); }, model.image);
  return static_cast<int>(std::max<std::int64_t>(1, floats / widest));
}

int tokens_per_batch(const network::Model& model, std::int64_t floats) {
  const int widest = std::visit([](const auto& tower) { return widest_token(tower); }, model.text);
  return static_cast<int>(std::max<std::int64_t>(1, floats / widest));
}

int even_batch(int count, int limit) {
  const int batches = std::max(1, (count + limit - 1) / limit);
  return std::max(1, (count + batches - 1) / batches);
}

std::vector<std::vector<int>> text_batches(const network::Sequences& sequences, int tokens,
                                           int texts) {
  std::vector<int> order(static_cast<std::size_t>(sequences.count()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return sequences.length(a) < sequences.length(b); });
  const int limit = even_batch(sequences.tokens(), tokens);
  std::vector<std::vector<int>> batches;
  int left = 0;  // tokens that the last batch has room for
  for (const int text : order) {
    const int length = sequences.length(text);
    const bool is_full = batches.empty() || length > left ||
                         (texts > 0 && static_cast<int>(batches.back().size()) == texts);
    if (is_full) {
      batches.emplace_back();
      left = limit;
    }
    batches.back().push_back(text);
    left -= length;
  }
  return batches;
}

}  // namespace diptych::engine
