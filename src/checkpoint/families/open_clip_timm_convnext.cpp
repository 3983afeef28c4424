// open_clip's models over timm's ConvNeXt.
#include <array>

#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"

namespace diptych::checkpoint {
namespace open_clip_timm_convnext {

using Pattern = std::string_view;

constexpr auto kSignature =
    std::to_array<Pattern>({"visual.trunk.stem.0.weight", "visual.trunk.stages.#.blocks.#.gamma"});

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"visual.proj", Transform::transpose, {"visual.head.proj.weight"}},
    {"visual.head.mlp.*", Transform::same, {"visual.head.mlp.*"}},
    // Where timm builds the MLP of 1 x 1 convolutions, its matrices have two more dimensions.
    {"visual.*", Transform::reshape, {"visual.trunk.*"}},
    {"*", Transform::same, {"*"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kIgnored = std::to_array<Pattern>({"*attn_mask"});

constexpr Family kFamily = {"open_clip", kSignature, kRules, kIgnored, parse_stated_open_clip};

}  // namespace open_clip_timm_convnext

const Family& open_clip_timm_convnext_family() {
  return open_clip_timm_convnext::kFamily;
}

}  // namespace diptych::checkpoint
