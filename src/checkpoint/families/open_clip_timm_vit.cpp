// open_clip's models over timm's vision transformers: SigLIP, SigLIP 2 NaFlex, MobileCLIP-B and
// MobileCLIP2-L.
#include <array>
#include <variant>

#include "checkpoint/configs/m2m100.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"
#include "checkpoint/fitting/fused_branches.h"
#include "network/blocks/patch_embedding.h"

namespace diptych::checkpoint {
namespace open_clip_timm_vit {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"visual.trunk.blocks.0.attn.qkv.bias", "visual.trunk.blocks.0.mlp.fc1.weight"});

constexpr auto kOwnRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"visual.class_embedding", Transform::token, {"visual.trunk.cls_token"}},
    {"visual.stem.*", Transform::same, {"visual.stem.*"}},
    {"visual.ln_pre.*", Transform::same, {"visual.trunk.norm_pre.*"}},
    {"visual.proj.*", Transform::same, {"visual.trunk.head.*"}},
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

constexpr auto kRules = concatenate(kOwnRules, kM2m100Rules);

constexpr auto kNaflexSignature = std::to_array<Pattern>(
    {"visual.trunk.embeds.proj.weight", "visual.trunk.blocks.0.attn.qkv.bias"});

constexpr auto kNaflexRules = concatenate(
    std::to_array<KeyRule>({
        {"visual.conv1.weight", Transform::patches, {"visual.trunk.embeds.proj.weight"}},
        {"visual.conv1.bias", Transform::same, {"visual.trunk.embeds.proj.bias"}},
        {"visual.positional_embedding", Transform::grid, {"visual.trunk.embeds.pos_embed"}},
    }),
    kRules);

constexpr auto kIgnored =
    std::to_array<Pattern>({"*num_batches_tracked", "*.embed_positions.weights"});

/// MobileCLIP-B's stem, under the names that the rules leave as they are.
void fuse_stem(const network::VisionTransformerConfig& config, BranchTensors tensors) {
  const std::string stem = "visual.trunk.patch_embed.backbone.";
  const int narrow = config.width / 4;
  FusedConvolution first(narrow, 3, network::ConvolutionStem::kFirstWindow);
  first.add_convolution(tensors, stem + "0", network::ConvolutionStem::kFirstWindow);
  first.put(tensors, "visual.stem.0");
  FusedConvolution second(narrow, narrow, network::ConvolutionStem::kWindow);
  second.add_convolution(tensors, stem + "1", network::ConvolutionStem::kWindow);
  second.put(tensors, "visual.stem.1");
  FusedConvolution third(config.width, narrow, network::ConvolutionStem::kWindow);
  third.add_biased(tensors, stem + "2.conv");
  third.put(tensors, "visual.stem.2");
}

void fuse(ParsedModel& parsed) {
  const auto* tower = std::get_if<network::VisionTransformerConfig>(&parsed.model.config.image);
  if (tower != nullptr && tower->convolution_stem)
    fuse_stem(*tower, BranchTensors(parsed.container.tensors, parsed.weights_name));
}

constexpr Family kFamily = {.name = "open_clip",
                            .signature = kSignature,
                            .rules = kRules,
                            .ignored = kIgnored,
                            .parse = parse_stated_open_clip,
                            .fuse = fuse};

constexpr Family kNaflexFamily = {.name = "open_clip",
                                  .signature = kNaflexSignature,
                                  .rules = kNaflexRules,
                                  .ignored = kIgnored,
                                  .parse = parse_stated_open_clip};

}  // namespace open_clip_timm_vit

const Family& open_clip_timm_vit_family() {
  return open_clip_timm_vit::kFamily;
}

const Family& open_clip_timm_naflex_family() {
  return open_clip_timm_vit::kNaflexFamily;
}

}  // namespace diptych::checkpoint
