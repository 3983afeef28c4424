// open_clip's models over timm's ViTamin.
#include <array>

#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"

namespace diptych::checkpoint {
namespace open_clip_timm_vitamin {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"visual.trunk.patch_embed.backbone.stem.conv1.weight", "visual.trunk.blocks.0.mlp.w0.weight"});

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"visual.convolutions.*", Transform::same, {"visual.trunk.patch_embed.backbone.*"}},
    {"visual.positional_embedding", Transform::batched, {"visual.trunk.pos_embed"}},
    {"visual.transformer.resblocks.#.ln_1.*", Transform::same, {"visual.trunk.blocks.#.norm1.*"}},
    {"visual.transformer.resblocks.#.ln_2.*", Transform::same, {"visual.trunk.blocks.#.norm2.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_*",
     Transform::same,
     {"visual.trunk.blocks.#.attn.qkv.*"}},
    {"visual.transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"visual.trunk.blocks.#.attn.proj.*"}},
    {"visual.transformer.resblocks.#.mlp.ln.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.norm.*"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.w0.*"}},
    {"visual.transformer.resblocks.#.mlp.c_gated.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.w1.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*",
     Transform::same,
     {"visual.trunk.blocks.#.mlp.w2.*"}},
    {"visual.ln_post.*", Transform::same, {"visual.trunk.fc_norm.*"}},
    {"visual.proj", Transform::transpose, {"visual.head.proj.weight"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kIgnored = std::to_array<Pattern>({"*attn_mask"});

constexpr Family kFamily = {"open_clip", kSignature, kRules, kIgnored, parse_stated_open_clip};

}  // namespace open_clip_timm_vitamin

const Family& open_clip_timm_vitamin_family() {
  return open_clip_timm_vitamin::kFamily;
}

}  // namespace diptych::checkpoint
