// open_clip's CoCa (arXiv 2205.01917).
#include <array>

#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"

namespace diptych::checkpoint {
namespace open_clip_coca {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>({"text.cls_emb"});

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"visual.*", Transform::same, {"visual.*"}},
    {"text_decoder.*", Transform::same, {"text_decoder.*"}},
    {"*", Transform::same, {"text.*"}},
});

constexpr auto kIgnored = std::to_array<Pattern>({"*attn_mask", "text_decoder.*"});

ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  ModelFile model = parse_stated_open_clip(files, parsed);
  const bool there = occurs(parsed.container.tensors, "text_decoder.*");
  const bool has_pool = occurs(parsed.container.tensors, "visual.attn_pool.*");
  if (!there || !has_pool) model.config.decoder.reset();
  if (there && !has_pool) {
    model.assumptions.emplace_back(
        "The decoder that writes captions was left out: the image tower has no attention pool "
        "whose rows it could read.");
  } else if (there && !model.config.decoder) {
    model.assumptions.emplace_back(
        "The decoder that writes captions was left out: it is not as wide as what it reads.");
  }
  return model;
}

constexpr Family kFamily = {"open_clip", kSignature, kRules, kIgnored, parse};

}  // namespace open_clip_coca

const Family& open_clip_coca_family() {
  return open_clip_coca::kFamily;
}

}  // namespace diptych::checkpoint
