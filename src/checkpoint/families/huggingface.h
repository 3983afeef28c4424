#pragma once

#include <array>

#include "checkpoint/families/families.h"
#include "checkpoint/source/model_file.h"

// What the families of Hugging Face transformers have in common.

namespace diptych::checkpoint {

/// The image tower, its projection and the logit scale.
inline constexpr auto kHuggingFaceImageRules = std::to_array<KeyRule>({
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
});

/// The causal or bidirectional text tower without its projection.
inline constexpr auto kHuggingFaceTextRules = std::to_array<KeyRule>({
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

/// Does what Family::parse does by config.json and preprocessor_config.json, or without them by the
/// shapes and the family's defaults.
ModelFile parse_huggingface(const ModelFiles& files, const ParsedModel& parsed);

/// Gives a model the preprocessing that preprocessor_config.json says, or the image processor in
/// processor_config.json, as newer versions write it; without either, its own stays and
/// `assumption` is added. `bare_size`: as read_huggingface_preprocessing takes it. Throws
/// Error(invalid_argument) where both are there and differ.
void bind_preprocessing(const ModelFiles& files, ResizeMode bare_size, const char* assumption,
                        ModelFile& model);

/// Returns canonical weights as a SiglipModel names and shapes them.
TensorMap to_huggingface_siglip_names(const TensorMap& weights);

}  // namespace diptych::checkpoint
