// open_clip's models over timm's FastViT: MobileCLIP.
#include <array>
#include <variant>

#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"
#include "checkpoint/fitting/fuse_fastvit.h"

namespace diptych::checkpoint {
namespace open_clip_timm_fastvit {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"visual.trunk.stages.#.blocks.#.token_mixer.*", "visual.trunk.final_conv.*"});

/// Under `visual.` lies what was fused.
constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"visual.*", Transform::same, {"visual.*"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kIgnored = std::to_array<Pattern>({"*attn_mask", "*num_batches_tracked"});

void fuse(ParsedModel& parsed) {
  const network::ModelConfig& config = parsed.model.config;
  // The config may name another tower than the weights are for: they then do not fit.
  if (const auto* tower = std::get_if<network::FastVitConfig>(&config.image)) {
    fuse_fastvit(*tower, config.embedding_width, parsed.container.tensors, parsed.weights_name);
  }
}

constexpr Family kFamily = {.name = "open_clip",
                            .signature = kSignature,
                            .rules = kRules,
                            .ignored = kIgnored,
                            .parse = parse_stated_open_clip,
                            .fuse = fuse};

}  // namespace open_clip_timm_fastvit

const Family& open_clip_timm_fastvit_family() {
  return open_clip_timm_fastvit::kFamily;
}

}  // namespace diptych::checkpoint
