// EVA-CLIP's own files (baaivision/EVA).
#include "checkpoint/families/eva_clip.h"

#include <array>
#include <vector>

#include "checkpoint/configs/eva_config.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"

namespace diptych::checkpoint {
namespace eva_clip {

using Pattern = std::string_view;

constexpr const char* kConfig = "model_config.json";

/// Towers with inner norms keep q, k and v apart.
constexpr auto kSplitRules = std::to_array<KeyRule>({
    {"visual.transformer.resblocks.#.attn.in_proj_weight",
     Transform::stack,
     {"visual.blocks.#.attn.q_proj.weight", "visual.blocks.#.attn.k_proj.weight",
      "visual.blocks.#.attn.v_proj.weight"}},
});

constexpr auto kGatedRules = std::to_array<KeyRule>({
    {"visual.transformer.resblocks.#.mlp.c_fc.*", Transform::same, {"visual.blocks.#.mlp.w1.*"}},
    {"visual.transformer.resblocks.#.mlp.c_gated.*", Transform::same, {"visual.blocks.#.mlp.w2.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*", Transform::same, {"visual.blocks.#.mlp.w3.*"}},
});

/// The first release has the logit scale among the text tower's weights.
constexpr auto kPlainRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"logit_scale", Transform::reshape, {"text.logit_scale"}},
    {"visual.class_embedding", Transform::token, {"visual.cls_token"}},
    {"visual.positional_embedding", Transform::batched, {"visual.pos_embed"}},
    {"visual.conv1.*", Transform::same, {"visual.patch_embed.proj.*"}},
    {"visual.transformer.resblocks.#.ln_1.*", Transform::same, {"visual.blocks.#.norm1.*"}},
    {"visual.transformer.resblocks.#.ln_2.*", Transform::same, {"visual.blocks.#.norm2.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_weight",
     Transform::same,
     {"visual.blocks.#.attn.qkv.weight"}},
    {"visual.transformer.resblocks.#.attn.ln.*",
     Transform::same,
     {"visual.blocks.#.attn.inner_attn_ln.*"}},
    {"visual.transformer.resblocks.#.attn.out_proj.*",
     Transform::same,
     {"visual.blocks.#.attn.proj.*"}},
    {"visual.transformer.resblocks.#.attn.*_bias",
     Transform::same,
     {"visual.blocks.#.attn.*_bias"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.*", Transform::same, {"visual.blocks.#.mlp.fc1.*"}},
    {"visual.transformer.resblocks.#.mlp.ln.*", Transform::same, {"visual.blocks.#.mlp.ffn_ln.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*", Transform::same, {"visual.blocks.#.mlp.fc2.*"}},
    {"visual.transformer.resblocks.#.ls_1.gamma", Transform::same, {"visual.blocks.#.gamma_1"}},
    {"visual.transformer.resblocks.#.ls_2.gamma", Transform::same, {"visual.blocks.#.gamma_2"}},
    {"visual.ln_post.*", Transform::same, {"visual.norm.*"}},
    {"visual.proj", Transform::transpose, {"visual.head.weight"}},
    {"visual.proj.*", Transform::same, {"visual.head.*"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kRules = concatenate(kSplitRules, kGatedRules, kPlainRules);

/// Rotary tables, which every block has a copy of, are made from the config.
constexpr auto kIgnored =
    std::to_array<Pattern>({"*rope.freqs_cos", "*rope.freqs_sin", "*attn_mask"});
constexpr auto kSignature = std::to_array<Pattern>({"visual.blocks.0.*"});

ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  if (files.contains(kConfig))
    return read_eva_config(read_json(files, kConfig), files.path_of(kConfig));
  ModelFile model;
  model.config = infer_config(parsed.container.tensors, eva_clip_family(),
                              network::Activation::gelu, parsed.weights_name);
  model.preprocessing.size = network::image_size(model.config.image);
  model.assumptions = {
      "There is no model_config.json beside the weights: the architecture was inferred from their "
      "shapes, and the heads and the place of the norms from the published model of the same "
      "width."};
  return model;
}

constexpr Family kFamily = {"eva_clip", kSignature, kRules, kIgnored, parse, GridResize::plain};

}  // namespace eva_clip

const Family& eva_clip_family() {
  return eva_clip::kFamily;
}

TensorMap to_eva_names(const network::EvaTransformerConfig& tower, const TensorMap& weights) {
  using namespace eva_clip;
  using Rules = std::span<const KeyRule>;
  const std::vector<KeyRule> rules =
      joined({tower.inner_norms ? Rules(kSplitRules) : Rules(),
              tower.gated_mlp ? Rules(kGatedRules) : Rules(), kPlainRules});
  return to_family_names(weights, rules);
}

}  // namespace diptych::checkpoint
