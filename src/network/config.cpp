#include "network/config.h"

#include "base/error.h"

namespace diptych::network {
namespace {

constexpr int kMaxImageSize = 16384;
/// What a convolution stem makes one row: 4 x 2 x 2 pixels a side.
constexpr int kStemPatchSize = 16;
constexpr int kMaxWidth = 1 << 17;
/// Rotary tables are made before any weight is seen.
constexpr int kMaxRotaryGrid = 256;
constexpr int kMaxRotaryHeadWidth = 1024;
constexpr int kMaxLayers = 1024;
constexpr int kMaxFastVitStages = 8;
constexpr int kMaxFastVitWidth = 1 << 14;
constexpr int kMaxFastVitMlpRatio = 8;
constexpr int kMaxContextLength = 1 << 16;
constexpr int kMaxVocabularySize = 1 << 24;

void check_range(const char* field, int value, int low, int high) {
  if (value < low || value > high) {
    fail(ErrorCode::invalid_argument, "model config: {}: got {}, expected {} to {}", field, value,
         low, high);
  }
}

void check_divides(const char* divisor_name, int divisor, const char* field, int value) {
  if (value % divisor != 0) {
    fail(ErrorCode::invalid_argument, "model config: {}: got {}, expected a multiple of {} ({})",
         field, value, divisor_name, divisor);
  }
}

void validate_tower(const VisionTransformerConfig& config) {
  check_range("image_size", config.image_size, 1, kMaxImageSize);
  check_range("patch_size", config.patch_size, 1, config.image_size);
  check_range("vision width", config.width, 1, kMaxWidth);
  check_range("vision layers", config.layers, 1, kMaxLayers);
  check_range("vision heads", config.heads, 1, config.width);
  check_range("vision mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides("vision heads", config.heads, "vision width", config.width);
  if (config.convolution_stem) {
    check_range("patch_size", config.patch_size, kStemPatchSize, kStemPatchSize);
    check_divides("the patch size", config.patch_size, "image_size", config.image_size);
    check_divides("four", 4, "vision width", config.width);
  }
  if (config.pooling == ImagePooling::class_token && !config.class_token)
    fail(ErrorCode::invalid_argument, "model config: vision pooling: got no class token to pool");
  if (config.pooling != ImagePooling::queries) return;
  check_range("vision pool queries", config.pool_queries, 1, kMaxWidth);
  check_range("vision pool heads", config.pool_heads, 1, kMaxWidth);
}

void validate_pooling(const EvaTransformerConfig& config) {
  if (config.pooling == ImagePooling::map) {
    check_range("vision pool heads", config.pool_heads, 1, config.width);
    check_divides("vision pool heads", config.pool_heads, "vision width", config.width);
  } else if (config.pooling != ImagePooling::class_token || !config.class_token) {
    fail(ErrorCode::invalid_argument,
         "model config: vision pooling: got no class token to pool, and no map pool");
  }
}

void validate_rotary(const EvaTransformerConfig& config) {
  check_range("rotary grid", config.rotary_grid, 0, kMaxImageSize);
  check_range("rotary origin", config.rotary_origin, 0, kMaxImageSize);
  if (config.rotary_grid == 0) return;
  const int head_width = config.width / config.heads;
  check_range("vision grid", config.grid(), 1, kMaxRotaryGrid);
  check_range("vision head width", head_width, 4, kMaxRotaryHeadWidth);
  // Pairs of columns, half of them for rows and half for columns of the grid.
  check_divides("four", 4, "vision head width", head_width);
}

void validate_tower(const EvaTransformerConfig& config) {
  check_range("image_size", config.image_size, 1, kMaxImageSize);
  check_range("patch_size", config.patch_size, 1, config.image_size);
  check_range("vision width", config.width, 1, kMaxWidth);
  check_range("vision layers", config.layers, 1, kMaxLayers);
  check_range("vision heads", config.heads, 1, config.width);
  check_range("vision mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides("vision heads", config.heads, "vision width", config.width);
  if (config.key_bias && !config.query_value_bias)
    fail(ErrorCode::invalid_argument, "model config: vision key bias: got no query_value_bias");
  validate_pooling(config);
  validate_rotary(config);
}

void validate_tower(const ModifiedResNetConfig& config) {
  check_range("image_size", config.image_size, 32, kMaxImageSize);
  check_divides("the total stride", 32, "image_size", config.image_size);
  check_range("vision width", config.width, 2, kMaxWidth / 32);
  check_divides("two", 2, "vision width", config.width);
  for (const int layers : config.layers) check_range("vision layers", layers, 1, kMaxLayers);
  check_range("vision heads", config.heads, 1, 32 * config.width);
  check_divides("vision heads", config.heads, "attention pool width", 32 * config.width);
}

void validate_tower(const ConvNextConfig& config) {
  check_range("image_size", config.image_size, 32, kMaxImageSize);
  check_divides("the total stride", 32, "image_size", config.image_size);
  for (const int layers : config.layers) check_range("vision layers", layers, 1, kMaxLayers);
  for (const int width : config.widths) check_range("vision width", width, 1, kMaxWidth / 4);
}

void validate_tower(const ViTaminConfig& config) {
  check_range("image_size", config.image_size, ViTaminConfig::kPatchSize, kMaxImageSize);
  check_divides("the total stride", ViTaminConfig::kPatchSize, "image_size", config.image_size);
  for (const int layers : config.convolution_layers)
    check_range("vision convolution layers", layers, 1, kMaxLayers);
  for (const int width : config.convolution_widths)
    check_range("vision convolution width", width, 1, kMaxWidth / 4);
  check_range("vision width", config.width, 1, kMaxWidth);
  check_range("vision layers", config.layers, 1, kMaxLayers);
  check_range("vision heads", config.heads, 1, config.width);
  check_range("vision mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides("vision heads", config.heads, "vision width", config.width);
}

void validate_tower(const FastVitConfig& config) {
  check_range("vision stages", config.stages(), 1, kMaxFastVitStages);
  check_range("vision stages with layers", static_cast<int>(config.layers.size()), config.stages(),
              config.stages());
  check_range("image_size", config.image_size, config.stride(), kMaxImageSize);
  check_divides("the total stride", config.stride(), "image_size", config.image_size);
  check_range("vision mlp ratio", config.mlp_ratio, 1, kMaxFastVitMlpRatio);
  check_range("vision attention stages", config.attention_stages, 0, config.stages());
  check_range("vision excited stages", config.excited_stages, 0, config.stages() - 1);
  int narrower = 1;
  for (int i = 0; i < config.stages(); ++i) {
    const int width = config.widths[static_cast<std::size_t>(i)];
    check_range("vision layers", config.layers[static_cast<std::size_t>(i)], 1, kMaxLayers);
    check_range("vision width", width, 1, kMaxFastVitWidth);
    check_divides("the width before", narrower, "vision width", width);
    if (config.has_attention(i))
      check_divides("the width of a head", FastVitConfig::kHeadWidth, "vision width", width);
    narrower = width;
  }
}

void validate_tower(const TextTransformerConfig& config) {
  check_range("context_length", config.context_length, 1, kMaxContextLength);
  check_range("vocab_size", config.vocabulary_size, 1, kMaxVocabularySize);
  check_range("text width", config.width, 1, kMaxWidth);
  check_range("text layers", config.layers, 1, kMaxLayers);
  check_range("text heads", config.heads, 1, config.width);
  check_range("text mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides("text heads", config.heads, "text width", config.width);
  if (config.pooling == TextPooling::class_token && !config.causal)
    fail(ErrorCode::invalid_argument,
         "model config: text pooling: got a class token without the causal mask");
  if (config.pooling == TextPooling::first) {
    if (config.causal)
      fail(ErrorCode::invalid_argument,
           "model config: text pooling: got the first token under the causal mask");
    check_range("pad_id", config.pad_id, 0, config.vocabulary_size - 1);
  }
  if (!config.sinusoids) return;
  check_range("text width", config.width, 4, kMaxWidth);
  check_divides("sine and cosine", 2, "text width", config.width);
  if (config.pooling == TextPooling::class_token)
    fail(ErrorCode::invalid_argument,
         "model config: text pooling: got a class token and sinusoids");
}

void validate_tower(const BertConfig& config) {
  check_range("context_length", config.context_length, 1, kMaxContextLength);
  check_range("vocab_size", config.vocabulary_size, 1, kMaxVocabularySize);
  check_range("text width", config.width, 1, kMaxWidth);
  check_range("text layers", config.layers, 1, kMaxLayers);
  check_range("text heads", config.heads, 1, config.width);
  check_range("text mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides("text heads", config.heads, "text width", config.width);
  check_range("first position", config.first_position, 0, kMaxContextLength);
  check_range("positions", config.positions, config.first_position + config.context_length,
              2 * kMaxContextLength);
  check_range("token types", config.token_types, 1, kMaxWidth);
  check_range("pad id", config.pad_id, 0, config.vocabulary_size - 1);
  check_range("projection width", config.projection_width, 0, kMaxWidth);
}

void validate_pool(const ImageTowerConfig& image, int embedding_width) {
  const auto* tower = std::get_if<VisionTransformerConfig>(&image);
  if (tower != nullptr && tower->pooling == ImagePooling::queries)
    check_divides("vision pool heads", tower->pool_heads, "embed_dim", embedding_width);
}

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
  check_range("decoder layers", config.layers, 1, kMaxLayers);
  check_range("decoder heads", config.heads, 1, config.width);
  check_range("decoder mlp width", config.mlp_width, 1, kMaxWidth);
  check_divides("decoder heads", config.heads, "decoder width", config.width);
}

/// Without a projection a tower's rows are the features.
template <typename Tower>
void validate_projection(const char* field, const Tower& tower, int embedding_width) {
  if constexpr (requires { tower.projection; }) {
    if (tower.projection == Projection::none)
      check_range(field, tower.width, embedding_width, embedding_width);
  }
}

}  // namespace

int image_size(const ImageTowerConfig& config) {
  return std::visit([](const auto& tower) { return tower.image_size; }, config);
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
  const int width = config.embedding_width;
  std::visit([](const auto& tower) { validate_tower(tower); }, config.image);
  std::visit([](const auto& tower) { validate_tower(tower); }, config.text);
  validate_pool(config.image, width);
  validate_decoder(config);
  std::visit([=](const auto& tower) { validate_projection("vision width", tower, width); },
             config.image);
  std::visit([=](const auto& tower) { validate_projection("text width", tower, width); },
             config.text);
}

}  // namespace diptych::network
