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

bool has_image_tower(const ModelConfig& config) {
  return !std::holds_alternative<AbsentImageTowerConfig>(config.image);
}

bool has_text_tower(const ModelConfig& config) {
  return !std::holds_alternative<AbsentTextTowerConfig>(config.text);
}

void require_both_towers(const ModelConfig& config, std::string_view model) {
  if (!has_image_tower(config)) refuse_pictures(model);
  if (!has_text_tower(config)) refuse_texts(model);
}

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

bool merges_rows(const ImageTowerConfig& config) {
  const auto* transformer = std::get_if<VisionTransformerConfig>(&config);
  return transformer != nullptr && transformer->merges_rows();
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
  if (!has_image_tower(config) && !has_text_tower(config))
    fail(ErrorCode::invalid_argument, "model config: got no tower, expected one at least");
  if (config.logit_bias && !(has_image_tower(config) && has_text_tower(config)))
    fail(ErrorCode::invalid_argument, "model config: got a logit bias for a tower alone");
}

}  // namespace diptych::network
