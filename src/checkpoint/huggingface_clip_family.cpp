// Hugging Face transformers, CLIPModel.
#include <array>

#include "checkpoint/families.h"
#include "checkpoint/huggingface_family.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr auto kTextRules = std::to_array<KeyRule>({
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

constexpr auto kRules = concatenate(kHuggingFaceImageRules, kTextRules);
constexpr auto kIgnored = std::to_array<Pattern>({"*.position_ids"});
constexpr auto kSignature = std::to_array<Pattern>(
    {"vision_model.encoder.layers.0.self_attn.q_proj.weight",
     "text_model.encoder.layers.0.self_attn.q_proj.weight", "visual_projection.weight"});

constexpr Family kFamily = {"huggingface_clip", kSignature,        kRules,
                            kIgnored,           parse_huggingface, GridResize::plain};

}  // namespace

const Family& huggingface_clip_family() {
  return kFamily;
}

}  // namespace diptych::checkpoint
