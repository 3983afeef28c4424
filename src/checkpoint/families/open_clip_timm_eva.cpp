// open_clip's models over timm's EVA towers, and over PE-Core's, which are built as these.
#include <array>
#include <vector>

#include "checkpoint/families/eva_clip.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"

namespace diptych::checkpoint {
namespace open_clip_timm_eva {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"visual.trunk.cls_token", "visual.trunk.blocks.0.norm1.weight", "visual.trunk.head.weight"});
constexpr auto kPeCoreSignature =
    std::to_array<Pattern>({"visual.trunk.norm_pre.weight", "visual.trunk.attn_pool.latent"});

/// Towers with inner norms keep q, k and v apart.
constexpr auto kSplitRules = std::to_array<KeyRule>({
    {"visual.transformer.resblocks.#.attn.in_proj_weight",
     Transform::stack,
     {"visual.trunk.blocks.#.attn.q_proj.weight", "visual.trunk.blocks.#.attn.k_proj.weight",
      "visual.trunk.blocks.#.attn.v_proj.weight"}},
    {"visual.transformer.resblocks.#.attn.*_bias",
     Transform::same,
     {"visual.trunk.blocks.#.attn.*_proj.bias"}},
});

constexpr auto kGatedRules = std::to_array<KeyRule>({
    {"visual.transformer.resblocks.#.mlp.c_fc.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.fc1_g.*"}},
    {"visual.transformer.resblocks.#.mlp.c_gated.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.fc1_x.*"}},
});

constexpr auto kPlainRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"visual.class_embedding", Transform::token, {"visual.trunk.cls_token"}},
    {"visual.positional_embedding", Transform::batched, {"visual.trunk.pos_embed"}},
    {"visual.conv1.*", Transform::same, {"visual.trunk.patch_embed.proj.*"}},
    {"visual.transformer.resblocks.#.ln_1.*", Transform::same, {"visual.trunk.blocks.#.norm1.*"}},
    {"visual.transformer.resblocks.#.ln_2.*", Transform::same, {"visual.trunk.blocks.#.norm2.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_weight",
     Transform::same,
     {"visual.trunk.blocks.#.attn.qkv.weight"}},
    {"visual.transformer.resblocks.#.attn.in_proj_bias",
     Transform::same,
     {"visual.trunk.blocks.#.attn.qkv.bias"}},
    {"visual.transformer.resblocks.#.attn.*_bias",
     Transform::same,
     {"visual.trunk.blocks.#.attn.*_bias"}},
    {"visual.transformer.resblocks.#.attn.ln.*",
     Transform::same,
     {"visual.trunk.blocks.#.attn.norm.*"}},
    {"visual.transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"visual.trunk.blocks.#.attn.proj.*"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.fc1.*"}},
    {"visual.transformer.resblocks.#.mlp.ln.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.norm.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.fc2.*"}},
    {"visual.transformer.resblocks.#.ls_1.gamma",
     Transform::same,
     {"visual.trunk.blocks.#.gamma_1"}},
    {"visual.transformer.resblocks.#.ls_2.gamma",
     Transform::same,
     {"visual.trunk.blocks.#.gamma_2"}},
    {"visual.ln_pre.*", Transform::same, {"visual.trunk.norm_pre.*"}},
    {"visual.ln_post.*", Transform::same, {"visual.trunk.norm.*"}},
    {"visual.attn_pool.latent", Transform::batched, {"visual.trunk.attn_pool.latent"}},
    {"visual.attn_pool.*", Transform::same, {"visual.trunk.attn_pool.*"}},
    {"visual.proj.*", Transform::same, {"visual.trunk.head.*"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kRules = concatenate(kSplitRules, kGatedRules, kPlainRules);

constexpr Family kFamily = {"open_clip", kSignature, kRules, {}, parse_stated_open_clip};
constexpr Family kPeCore = {"open_clip", kPeCoreSignature, kRules, {}, parse_stated_open_clip};

}  // namespace open_clip_timm_eva

const Family& open_clip_timm_eva_family() {
  return open_clip_timm_eva::kFamily;
}

const Family& open_clip_timm_pe_core_family() {
  return open_clip_timm_eva::kPeCore;
}

TensorMap to_timm_eva_names(const network::EvaTransformerConfig& tower, const TensorMap& weights) {
  using namespace open_clip_timm_eva;
  using Rules = std::span<const KeyRule>;
  const std::vector<KeyRule> rules =
      joined({tower.inner_norms ? Rules(kSplitRules) : Rules(),
              tower.gated_mlp ? Rules(kGatedRules) : Rules(), kPlainRules});
  return to_family_names(weights, rules);
}

}  // namespace diptych::checkpoint
