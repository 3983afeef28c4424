#include "network/config.h"

#include "base/error.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

void validate_decoder(const ModelConfig& model) {
  if (!model.decoder) return;
  const MultimodalDecoderConfig& config = *model.decoder;
  const auto* image = std::get_if<VisionTransformerConfig>(&model.image);
  const auto* text = std::get_if<TextTransformerConfig>(&model.text);
  if (image == nullptr || image->pooling != ImagePooling::queries || text == nullptr ||
      text->pooling != TextPooling::class_token)
    fail(ErrorCode::invalid_argument,
         "model config: decoder: got other towers than CoCa's, expected those");
  check_range("vision pool queries", image->pool_queries, 2, kMaxWidth);
  check_range("decoder width", config.width, model.embedding_width, model.embedding_width);
  check_range("decoder width", config.width, text->width, text->width);
  check_transformer("decoder", config);
}

}  // namespace

int image_size(const ImageTowerConfig& config) {
  return std::visit([](const auto& tower) { return tower.image_size; }, config);
}

bool takes_picture(const ImageTowerConfig& config, const PictureSize& size) {
  return std::visit(
      [&](const auto& tower) {
        if constexpr (requires { tower.takes(size); }) return tower.takes(size);
        return size == PictureSize{tower.image_size, tower.image_size};
      },
      config);
}

int patch_count(const ImageTowerConfig& config) {
  return std::visit(
      [](const auto& tower) {
        if constexpr (requires { tower.grid(); }) return tower.grid() * tower.grid();
        return 0;
      },
      config);
}

int context_length(const TextTowerConfig& config) {
  return std::visit([](const auto& tower) { return tower.context_length; }, config);
}

int vocabulary_size(const TextTowerConfig& config) {
  return std::visit([](const auto& tower) { return tower.vocabulary_size; }, config);
}

void validate(const ModelConfig& config) {
  check_range("embed_dim", config.embedding_width, 1, kMaxWidth);
  const auto check = [&](const auto& tower) { validate_tower(tower, config.embedding_width); };
  std::visit(check, config.image);
  std::visit(check, config.text);
  validate_decoder(config);
}

}  // namespace diptych::network
