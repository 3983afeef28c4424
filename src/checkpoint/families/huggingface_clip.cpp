// Hugging Face transformers, CLIPModel.
#include <array>

#include "checkpoint/families/families.h"
#include "checkpoint/families/huggingface.h"

namespace diptych::checkpoint {
namespace huggingface_clip {

using Pattern = std::string_view;

constexpr auto kProjection =
    std::to_array<KeyRule>({{"text_projection", Transform::transpose, {"text_projection.weight"}}});

constexpr auto kRules = concatenate(kHuggingFaceImageRules, kProjection, kHuggingFaceTextRules);
constexpr auto kIgnored = std::to_array<Pattern>({"*.position_ids"});
constexpr auto kSignature = std::to_array<Pattern>(
    {"vision_model.encoder.layers.0.self_attn.q_proj.weight",
     "text_model.encoder.layers.0.self_attn.q_proj.weight", "visual_projection.weight"});

constexpr Family kFamily = {"huggingface_clip", kSignature,        kRules,
                            kIgnored,           parse_huggingface, GridResize::plain};

constexpr auto kImageSignature = std::to_array<Pattern>(
    {"vision_model.encoder.layers.0.self_attn.q_proj.weight", "visual_projection.weight"});
constexpr auto kTextSignature = std::to_array<Pattern>(
    {"text_model.encoder.layers.0.self_attn.q_proj.weight", "text_projection.weight"});

constexpr Family kImageFamily = one_tower(kFamily, kImageSignature);
constexpr Family kTextFamily = one_tower(kFamily, kTextSignature);

}  // namespace huggingface_clip

const Family& huggingface_clip_family() {
  return huggingface_clip::kFamily;
}

const Family& huggingface_clip_image_family() {
  return huggingface_clip::kImageFamily;
}

const Family& huggingface_clip_text_family() {
  return huggingface_clip::kTextFamily;
}

}  // namespace diptych::checkpoint
