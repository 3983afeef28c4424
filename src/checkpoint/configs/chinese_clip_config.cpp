#include "checkpoint/configs/chinese_clip_config.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "base/error.h"
#include "checkpoint/configs/huggingface_config.h"
#include "json/config_fields.h"

// Fields and what they leave unsaid: cn_clip 1.6.0, clip/model.py and clip/model_configs.

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::BertConfig;
using network::ModifiedResNetConfig;
using network::VisionTransformerConfig;

constexpr int kDefaultHeadWidth = 64;
/// MLPs are this many times as wide as their block.
constexpr int kMlpRatio = 4;
/// Texts are cut to this length although the position table is longer.
constexpr int kContextLength = 52;

/// `vision_layers` is a number, a list, or, in RN50's file, a list in quotes.
Json read_layers(ConfigFields& fields) {
  const Json* layers = fields.raw("vision_layers");
  if (layers == nullptr || !layers->is_string()) return layers == nullptr ? Json() : *layers;
  const std::string text = layers->get<std::string>();
  return parse_json(std::as_bytes(std::span(text)), fields.file());
}

ModifiedResNetConfig read_resnet(ConfigFields& fields, const Json& layers) {
  ModifiedResNetConfig config;
  const bool four = layers.size() == config.layers.size() &&
                    std::all_of(layers.begin(), layers.end(), [](const Json& blocks) {
                      return blocks.is_number_integer() && blocks >= 0 && blocks <= 1'000'000;
                    });
  if (!four) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected the blocks of 4 stages ({})",
         fields.path_of("vision_layers"), layers.dump(), fields.file());
  }
  std::transform(layers.begin(), layers.end(), config.layers.begin(),
                 [](const Json& blocks) { return blocks.get<int>(); });
  config.image_size = fields.integer("image_resolution");
  config.width = fields.integer("vision_width");
  config.heads = static_cast<int>(std::int64_t{32} * config.width / kDefaultHeadWidth);
  fields.ignore({"vision_patch_size"});
  return config;
}

VisionTransformerConfig read_vision_transformer(ConfigFields& fields) {
  VisionTransformerConfig config{.activation = Activation::quick_gelu};
  config.image_size = fields.integer("image_resolution");
  config.patch_size = fields.integer("vision_patch_size");
  config.layers = fields.integer("vision_layers");
  config.width = fields.integer("vision_width");
  const int head_width = fields.integer("vision_head_width", kDefaultHeadWidth);
  if (head_width < 1 || config.width < 1 || config.width > (1 << 20)) {
    fail(ErrorCode::corrupt_data, "config: {}: got {} and heads of {} ({})",
         fields.path_of("vision_width"), config.width, head_width, fields.file());
  }
  config.heads = config.width / head_width;
  config.mlp_width = kMlpRatio * config.width;
  return config;
}

network::ImageTowerConfig read_image_tower(ConfigFields& fields) {
  const Json layers = read_layers(fields);
  if (layers.is_array()) return read_resnet(fields, layers);
  return read_vision_transformer(fields);
}

BertConfig read_text_tower(ConfigFields fields) {
  BertConfig config;
  config.vocabulary_size = fields.integer("vocab_size");
  config.width = fields.integer("text_hidden_size");
  config.heads = fields.integer("text_num_attention_heads");
  config.layers = fields.integer("text_num_hidden_layers");
  config.mlp_width = fields.integer("text_intermediate_size");
  config.activation = read_huggingface_activation(fields, "text_hidden_act", "gelu");
  config.positions = fields.integer("text_max_position_embeddings");
  config.context_length = std::min(kContextLength, config.positions);
  config.token_types = fields.integer("text_type_vocab_size", config.token_types);
  fields.ignore(
      {"text_attention_probs_dropout_prob", "text_hidden_dropout_prob", "text_initializer_range"});
  fields.refuse_rest();
  return config;
}

Json write_image_tower(const network::ImageTowerConfig& tower) {
  if (const auto* resnet = std::get_if<ModifiedResNetConfig>(&tower)) {
    return {{"image_resolution", resnet->image_size},
            {"vision_layers", resnet->layers},
            {"vision_width", resnet->width},
            {"vision_patch_size", nullptr}};
  }
  const auto* config = std::get_if<VisionTransformerConfig>(&tower);
  if (config == nullptr)
    fail(ErrorCode::unsupported, "Chinese-CLIP has no tower like this model's image tower");
  return {{"image_resolution", config->image_size},
          {"vision_layers", config->layers},
          {"vision_width", config->width},
          {"vision_head_width", config->width / config->heads},
          {"vision_patch_size", config->patch_size}};
}

Json write_text_tower(const network::TextTowerConfig& tower) {
  const auto* config = std::get_if<BertConfig>(&tower);
  if (config == nullptr)
    fail(ErrorCode::unsupported, "Chinese-CLIP has no tower like this model's text tower");
  return {{"vocab_size", config->vocabulary_size},
          {"text_attention_probs_dropout_prob", 0.1},
          {"text_hidden_act", huggingface_activation(config->activation)},
          {"text_hidden_dropout_prob", 0.1},
          {"text_hidden_size", config->width},
          {"text_initializer_range", 0.02},
          {"text_intermediate_size", config->mlp_width},
          {"text_max_position_embeddings", config->positions},
          {"text_num_attention_heads", config->heads},
          {"text_num_hidden_layers", config->layers},
          {"text_type_vocab_size", config->token_types}};
}

}  // namespace

void bind_chinese_clip(ModelFile& model) {
  model.preprocessing = {.size = network::image_size(model.config.image),
                         .mode = ResizeMode::squash};
  model.tokenizer = {.kind = TokenizerSpec::Kind::chinese};
}

ModelFile read_chinese_clip_config(const Json& json, const std::string& file) {
  ConfigFields fields(json, "", file);
  ConfigFields vision = fields.object("vision");
  ModelFile model;
  model.config.embedding_width = vision.integer("embed_dim");
  model.config.image = read_image_tower(vision);
  vision.refuse_rest();
  model.config.text = read_text_tower(fields.object("text"));
  fields.refuse_rest();
  bind_chinese_clip(model);
  return model;
}

Json write_chinese_clip_config(const network::ModelConfig& config) {
  Json vision = write_image_tower(config.image);
  vision["embed_dim"] = config.embedding_width;
  return {{"vision", vision}, {"text", write_text_tower(config.text)}};
}

}  // namespace diptych::checkpoint
