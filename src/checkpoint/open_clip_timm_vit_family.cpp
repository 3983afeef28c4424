// open_clip's models over timm's vision transformer: SigLIP.
#include <array>

#include "checkpoint/families.h"
#include "checkpoint/open_clip_family.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"visual.trunk.blocks.0.attn.qkv.bias", "visual.trunk.blocks.0.mlp.fc1.weight"});

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"visual.conv1.*", Transform::same, {"visual.trunk.patch_embed.proj.*"}},
    {"visual.positional_embedding", Transform::batched, {"visual.trunk.pos_embed"}},
    {"visual.transformer.resblocks.#.ln_1.*", Transform::same, {"visual.trunk.blocks.#.norm1.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_*",
     Transform::same,
     {"visual.trunk.blocks.#.attn.qkv.*"}},
    {"visual.transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"visual.trunk.blocks.#.attn.proj.*"}},
    {"visual.transformer.resblocks.#.ln_2.*", Transform::same, {"visual.trunk.blocks.#.norm2.*"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.fc1.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.fc2.*"}},
    {"visual.ln_post.*", Transform::same, {"visual.trunk.norm.*"}},
    {"visual.attn_pool.latent", Transform::batched, {"visual.trunk.attn_pool.latent"}},
    {"visual.attn_pool.*", Transform::same, {"visual.trunk.attn_pool.*"}},
    {"*", Transform::same, {"text.*"}},
    {"*", Transform::same, {"*"}},
});

constexpr Family kFamily = {"open_clip", kSignature, kRules, {}, parse_stated_open_clip};

}  // namespace

const Family& open_clip_timm_vit_family() {
  return kFamily;
}

}  // namespace diptych::checkpoint
