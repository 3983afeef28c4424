// Chinese-CLIP's own files.
#include <array>
#include <variant>

#include "checkpoint/configs/chinese_clip_config.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"

namespace diptych::checkpoint {
namespace chinese_clip {

using Pattern = std::string_view;

constexpr const char* kConfig = "model_config.json";

/// Written as Chinese-CLIP publishes its files; each second rule reads what it saves when it trains
/// with FlashAttention.
constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"bert.encoder.layer.#.attention.self.Wqkv.*",
     Transform::stack,
     {"bert.encoder.layer.#.attention.self.query.*", "bert.encoder.layer.#.attention.self.key.*",
      "bert.encoder.layer.#.attention.self.value.*"}},
    {"bert.encoder.layer.#.attention.self.Wqkv.*",
     Transform::same,
     {"bert.encoder.layer.#.attention.self.Wqkv.*"}},
    {"bert.encoder.layer.#.attention.output.dense.*",
     Transform::same,
     {"bert.encoder.layer.#.attention.output.dense.*"}},
    {"bert.encoder.layer.#.attention.output.dense.*",
     Transform::same,
     {"bert.encoder.layer.#.attention.self.out_proj.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_*",
     Transform::same,
     {"visual.transformer.resblocks.#.attn.in_proj_*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_*",
     Transform::same,
     {"visual.transformer.resblocks.#.attn.Wqkv.*"}},
    {"*", Transform::same, {"*"}},
});

constexpr auto kIgnored =
    std::to_array<Pattern>({"*.num_batches_tracked", "*.position_ids", "bert.pooler.*"});
constexpr auto kSignature = std::to_array<Pattern>({"visual.*", "bert.encoder.layer.0.*"});

/// Of the published models only ViT-H/14, the one of this width, has heads of another width than
/// 64.
void assume_heads(network::VisionTransformerConfig& tower) {
  constexpr int kHugeWidth = 1280;
  constexpr int kHugeHeads = 16;
  if (tower.width == kHugeWidth) tower.heads = kHugeHeads;
}

ModelFile infer(const ParsedModel& parsed) {
  ModelFile model;
  model.config = infer_config(parsed.container.tensors, chinese_clip_family(),
                              network::Activation::quick_gelu, parsed.weights_name);
  if (auto* tower = std::get_if<network::VisionTransformerConfig>(&model.config.image))
    assume_heads(*tower);
  bind_chinese_clip(model);
  model.assumptions = {
      "There is no model_config.json beside the weights: the architecture was inferred from their "
      "shapes, with attention heads of width 64, or of 80 in an image tower of width 1280, as the "
      "published models have them."};
  return model;
}

ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  return files.contains(kConfig)
             ? read_chinese_clip_config(read_json(files, kConfig), files.path_of(kConfig))
             : infer(parsed);
}

constexpr Family kFamily = {"chinese_clip", kSignature, kRules,
                            kIgnored,       parse,      GridResize::aligned};

constexpr auto kTextSignature =
    std::to_array<Pattern>({"bert.encoder.layer.0.*", "text_projection"});
constexpr Family kTextFamily = {.name = "chinese_clip",
                                .signature = kTextSignature,
                                .rules = kRules,
                                .ignored = kIgnored,
                                .parse = parse,
                                .is_one_tower = true};

}  // namespace chinese_clip

const Family& chinese_clip_family() {
  return chinese_clip::kFamily;
}

const Family& chinese_clip_text_family() {
  return chinese_clip::kTextFamily;
}

}  // namespace diptych::checkpoint
