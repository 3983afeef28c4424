#pragma once

#include <array>

#include "checkpoint/keys/key_table.h"
#include "json/config_fields.h"
#include "network/config.h"

// M2M-100's encoder (arXiv 2010.11125) as transformers has it: the text tower of open_clip's models
// over NLLB-200 (arXiv 2309.01859).

namespace diptych::checkpoint {

/// Returns whether the text_cfg of an open_clip model names such an encoder, or `hf_config`
/// describes one.
bool names_m2m100(ConfigFields& fields);

/// Reads that text_cfg. Throws Error: corrupt_data, and unsupported naming the field.
network::TextTransformerConfig read_open_clip_m2m100(ConfigFields& fields);

inline constexpr auto kM2m100Rules = std::to_array<KeyRule>({
    {"text_projection", Transform::transpose, {"text.proj.weight"}},
    {"token_embedding.weight", Transform::same, {"text.transformer.embed_tokens.weight"}},
    {"ln_final.*", Transform::same, {"text.transformer.layer_norm.*"}},
    {"transformer.resblocks.#.ln_1.*",
     Transform::same,
     {"text.transformer.layers.#.self_attn_layer_norm.*"}},
    {"transformer.resblocks.#.ln_2.*",
     Transform::same,
     {"text.transformer.layers.#.final_layer_norm.*"}},
    {"transformer.resblocks.#.attn.in_proj_weight",
     Transform::stack,
     {"text.transformer.layers.#.self_attn.q_proj.weight",
      "text.transformer.layers.#.self_attn.k_proj.weight",
      "text.transformer.layers.#.self_attn.v_proj.weight"}},
    {"transformer.resblocks.#.attn.in_proj_bias",
     Transform::stack,
     {"text.transformer.layers.#.self_attn.q_proj.bias",
      "text.transformer.layers.#.self_attn.k_proj.bias",
      "text.transformer.layers.#.self_attn.v_proj.bias"}},
    {"transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"text.transformer.layers.#.self_attn.out_proj.*"}},
    {"transformer.resblocks.#.mlp.c_fc.*", Transform::same, {"text.transformer.layers.#.fc1.*"}},
    {"transformer.resblocks.#.mlp.c_proj.*", Transform::same, {"text.transformer.layers.#.fc2.*"}},
});

}  // namespace diptych::checkpoint
