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

}  // namespace huggingface_clip

const Family& huggingface_clip_family() {
  return huggingface_clip::kFamily;
}

}  // namespace diptych::checkpoint
