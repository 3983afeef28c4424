// Hugging Face transformers, CLIPModel.
#include <array>

#include "checkpoint/families.h"
#include "checkpoint/huggingface_config.h"
#include "checkpoint/parse_model.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr const char* kConfig = "config.json";
constexpr const char* kPreprocessing = "preprocessor_config.json";

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"visual.proj", Transform::transpose, {"visual_projection.weight"}},
    {"visual.class_embedding", Transform::same, {"vision_model.embeddings.class_embedding"}},
    {"visual.conv1.weight", Transform::same, {"vision_model.embeddings.patch_embedding.weight"}},
    {"visual.positional_embedding",
     Transform::same,
     {"vision_model.embeddings.position_embedding.weight"}},
    {"visual.ln_pre.*", Transform::same, {"vision_model.pre_layrnorm.*"}},
    {"visual.ln_post.*", Transform::same, {"vision_model.post_layernorm.*"}},
    {"visual.transformer.resblocks.#.ln_1.*",
     Transform::same,
     {"vision_model.encoder.layers.#.layer_norm1.*"}},
    {"visual.transformer.resblocks.#.ln_2.*",
     Transform::same,
     {"vision_model.encoder.layers.#.layer_norm2.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_weight",
     Transform::stack,
     {"vision_model.encoder.layers.#.self_attn.q_proj.weight",
      "vision_model.encoder.layers.#.self_attn.k_proj.weight",
      "vision_model.encoder.layers.#.self_attn.v_proj.weight"}},
    {"visual.transformer.resblocks.#.attn.in_proj_bias",
     Transform::stack,
     {"vision_model.encoder.layers.#.self_attn.q_proj.bias",
      "vision_model.encoder.layers.#.self_attn.k_proj.bias",
      "vision_model.encoder.layers.#.self_attn.v_proj.bias"}},
    {"visual.transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"vision_model.encoder.layers.#.self_attn.out_proj.*"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.*",
     Transform::same,
     {"vision_model.encoder.layers.#.mlp.fc1.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*",
     Transform::same,
     {"vision_model.encoder.layers.#.mlp.fc2.*"}},
    {"text_projection", Transform::transpose, {"text_projection.weight"}},
    {"token_embedding.weight", Transform::same, {"text_model.embeddings.token_embedding.weight"}},
    {"positional_embedding", Transform::same, {"text_model.embeddings.position_embedding.weight"}},
    {"ln_final.*", Transform::same, {"text_model.final_layer_norm.*"}},
    {"transformer.resblocks.#.ln_1.*",
     Transform::same,
     {"text_model.encoder.layers.#.layer_norm1.*"}},
    {"transformer.resblocks.#.ln_2.*",
     Transform::same,
     {"text_model.encoder.layers.#.layer_norm2.*"}},
    {"transformer.resblocks.#.attn.in_proj_weight",
     Transform::stack,
     {"text_model.encoder.layers.#.self_attn.q_proj.weight",
      "text_model.encoder.layers.#.self_attn.k_proj.weight",
      "text_model.encoder.layers.#.self_attn.v_proj.weight"}},
    {"transformer.resblocks.#.attn.in_proj_bias",
     Transform::stack,
     {"text_model.encoder.layers.#.self_attn.q_proj.bias",
      "text_model.encoder.layers.#.self_attn.k_proj.bias",
      "text_model.encoder.layers.#.self_attn.v_proj.bias"}},
    {"transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"text_model.encoder.layers.#.self_attn.out_proj.*"}},
    {"transformer.resblocks.#.mlp.c_fc.*",
     Transform::same,
     {"text_model.encoder.layers.#.mlp.fc1.*"}},
    {"transformer.resblocks.#.mlp.c_proj.*",
     Transform::same,
     {"text_model.encoder.layers.#.mlp.fc2.*"}},
});

constexpr auto kIgnored = std::to_array<Pattern>({"*.position_ids"});
constexpr auto kSignature = std::to_array<Pattern>(
    {"vision_model.encoder.layers.0.self_attn.q_proj.weight",
     "text_model.encoder.layers.0.self_attn.q_proj.weight", "visual_projection.weight"});

ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  ModelFile model;
  if (files.contains(kConfig)) {
    model = read_huggingface_config(read_json(files, kConfig), kConfig);
  } else {
    model.config = infer_config(parsed.container.tensors, huggingface_clip_family(),
                                network::Activation::quick_gelu, parsed.weights_name);
    model.assumptions = {
        "There is no config.json beside the weights: the architecture was inferred from their "
        "shapes, with attention heads of width 64 and QuickGELU."};
  }
  const int image_size = network::image_size(model.config.image);
  model.preprocessing.size = image_size;
  if (files.contains(kPreprocessing)) {
    model.preprocessing = read_huggingface_preprocessing(read_json(files, kPreprocessing),
                                                         image_size, kPreprocessing);
  } else {
    model.assumptions.push_back(
        "There is no preprocessor_config.json beside the weights: CLIP's preprocessing was assumed "
        "(shortest side resized bicubically, centre crop, OpenAI's mean and standard deviation).");
  }
  return model;
}

constexpr Family kFamily = {"huggingface_clip", kSignature, kRules, kIgnored, parse};

}  // namespace

const Family& huggingface_clip_family() {
  return kFamily;
}

}  // namespace diptych::checkpoint
