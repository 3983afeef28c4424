// Hugging Face transformers, ChineseCLIPModel.
#include <array>

#include "checkpoint/families/families.h"
#include "checkpoint/families/huggingface.h"

namespace diptych::checkpoint {
namespace huggingface_chinese_clip {

using Pattern = std::string_view;

constexpr auto kTextRules = std::to_array<KeyRule>({
    {"text_projection", Transform::transpose, {"text_projection.weight"}},
    {"bert.encoder.layer.#.attention.self.Wqkv.*",
     Transform::stack,
     {"text_model.encoder.layer.#.attention.self.query.*",
      "text_model.encoder.layer.#.attention.self.key.*",
      "text_model.encoder.layer.#.attention.self.value.*"}},
    {"bert.*", Transform::same, {"text_model.*"}},
});
constexpr auto kRules = concatenate(kHuggingFaceImageRules, kTextRules);

constexpr auto kIgnored = std::to_array<Pattern>({"*.position_ids", "text_model.pooler.*"});
constexpr auto kSignature = std::to_array<Pattern>(
    {"text_model.encoder.layer.0.attention.self.query.weight", "vision_model.encoder.layers.0.*"});

constexpr Family kFamily = {"huggingface_chinese_clip", kSignature,         kRules, kIgnored,
                            parse_huggingface,          GridResize::aligned};

/// Of a whole checkpoint, as transformers has no such tower with its projection.
constexpr auto kTextSignature = std::to_array<Pattern>(
    {"text_model.encoder.layer.0.attention.self.query.weight", "text_projection.weight"});

constexpr Family kTextFamily = one_tower(kFamily, kTextSignature);

}  // namespace huggingface_chinese_clip

const Family& huggingface_chinese_clip_family() {
  return huggingface_chinese_clip::kFamily;
}

const Family& huggingface_chinese_clip_text_family() {
  return huggingface_chinese_clip::kTextFamily;
}

}  // namespace diptych::checkpoint
