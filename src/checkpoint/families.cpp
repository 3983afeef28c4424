#include "checkpoint/families.h"

#include <algorithm>
#include <array>

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

// OpenAI CLIP and open_clip: the canonical names are theirs

/// open_clip's custom-text models put `text.` before the text tower's names; some files store the
/// logit scale as [1].
constexpr auto kOpenClipRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"*", Transform::same, {"*"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kOpenClipIgnored =
    std::to_array<Pattern>({"*.num_batches_tracked", "*attn_mask", "*position_ids",
                            "input_resolution", "context_length", "vocab_size"});

constexpr auto kOpenAiSignature =
    std::to_array<Pattern>({"visual.*", "input_resolution", "transformer.resblocks.0.ln_1.weight"});
constexpr auto kOpenClipSignature =
    std::to_array<Pattern>({"*transformer.resblocks.0.ln_1.weight"});
constexpr auto kDiptychSignature = std::to_array<Pattern>({"token_embedding.weight"});
constexpr auto kDiptychRules = std::to_array<KeyRule>({{"*", Transform::same, {"*"}}});

// Hugging Face transformers, CLIPModel

constexpr auto kHuggingFaceRules = std::to_array<KeyRule>({
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

constexpr auto kHuggingFaceIgnored = std::to_array<Pattern>({"*.position_ids"});
constexpr auto kHuggingFaceSignature = std::to_array<Pattern>(
    {"vision_model.encoder.layers.0.self_attn.q_proj.weight",
     "text_model.encoder.layers.0.self_attn.q_proj.weight", "visual_projection.weight"});

// recognised, their towers not described in network/

constexpr auto kHuggingFaceSiglipSignature = std::to_array<Pattern>({"vision_model.head.probe"});
constexpr auto kHuggingFaceChineseSignature =
    std::to_array<Pattern>({"text_model.encoder.layer.0.attention.self.query.weight"});
constexpr auto kChineseClipSignature =
    std::to_array<Pattern>({"visual.*", "bert.encoder.layer.0.*"});
constexpr auto kEvaClipSignature = std::to_array<Pattern>({"visual.blocks.0.*"});
constexpr auto kOpenClipTimmSignature = std::to_array<Pattern>({"visual.trunk.*"});

/// In the order in which they are tried: open_clip's signature fits OpenAI's and EVA's files too.
constexpr auto kFamilies = std::to_array<Family>({
    {"openai", kOpenAiSignature, kOpenClipRules, kOpenClipIgnored},
    {"huggingface_clip", kHuggingFaceSignature, kHuggingFaceRules, kHuggingFaceIgnored},
    {"huggingface_siglip", kHuggingFaceSiglipSignature, {}, {}},
    {"huggingface_chinese_clip", kHuggingFaceChineseSignature, {}, {}},
    {"chinese_clip", kChineseClipSignature, {}, {}},
    {"eva_clip", kEvaClipSignature, {}, {}},
    {"open_clip_timm", kOpenClipTimmSignature, {}, {}},
    {"open_clip", kOpenClipSignature, kOpenClipRules, kOpenClipIgnored},
});

constexpr Family kDiptych = {"diptych", kDiptychSignature, kDiptychRules, {}};

bool occurs(const TensorMap& tensors, std::string_view pattern) {
  return std::any_of(tensors.tensors.begin(), tensors.tensors.end(),
                     [&](const auto& tensor) { return matches(pattern, tensor.first); });
}

}  // namespace

const Family& openai_family() {
  return kFamilies.front();
}

const Family& open_clip_family() {
  return kFamilies.back();
}

const Family& huggingface_clip_family() {
  return kFamilies[1];
}

const Family& open_clip_timm_family() {
  return kFamilies[6];
}

const Family& diptych_family() {
  return kDiptych;
}

const Family* recognise_family(const TensorMap& tensors) {
  for (const Family& family : kFamilies) {
    const bool all =
        std::all_of(family.signature.begin(), family.signature.end(),
                    [&](std::string_view pattern) { return occurs(tensors, pattern); });
    if (all) return &family;
  }
  return nullptr;
}

}  // namespace diptych::checkpoint
