#include "checkpoint/families/unsupported.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "checkpoint/families/families.h"

namespace diptych::checkpoint {
namespace {

struct Unsupported {
  std::string_view name;
  std::string_view pattern;  ///< that its names have and those of no other
};

/// The first that fits counts.
constexpr auto kUnsupported = std::to_array<Unsupported>({
    {"AltCLIP (transformers)", "*text_model.roberta.*"},
    {"GroupViT (transformers)", "*vision_model.encoder.stages.*"},
    {"CLIPSeg (transformers)", "*decoder.film_mul.*"},
    {"OWL-ViT (transformers)", "owlv*.text_model.*"},
    {"X-CLIP (transformers)", "*prompts_generator.*"},
    {"CLAP (transformers)", "*audio_model.audio_encoder.*"},
    {"ALIGN (transformers)", "*vision_model.encoder.blocks.*.depthwise_conv.*"},
    {"FLAVA (transformers)", "*image_to_mm_projection.*"},
    {"BLIP-2 (transformers)", "*qformer.*"},
    {"BLIP (transformers)", "*vision_model.encoder.layers.#.self_attn.qkv.weight"},
    {"BridgeTower (transformers)", "*cross_modal_text_layers.*"},
    {"ImageBind", "*modality_trunks.*"},
    {"Jina CLIP", "*text_model.transformer.emb_ln.*"},
    {"MobileCLIP in Apple's own names (open_clip's form is read)", "*image_encoder.model.*"},
    {"a Swin tower of timm's", "*relative_position_bias_table"},
    {"a vision transformer of timm's with relative positions", "*attn.rel_pos.*"},
    {"LLaVA (transformers)", "*multi_modal_projector.*"},
    {"a vision-text dual encoder (transformers)", "vision_model.vision_model.*"},
    {"Stable Diffusion", "model.diffusion_model.*"},
});

/// Towers that give no embedding, or are no CLIP's: looked for in files of no family.
constexpr auto kTowers = std::to_array<Unsupported>({
    {"CLIP's image tower without its projection, expected CLIPVisionModelWithProjection "
     "(transformers)",
     "vision_model.encoder.layers.#.self_attn.q_proj.weight"},
    {"CLIP's text tower without its projection, expected CLIPTextModelWithProjection "
     "(transformers)",
     "text_model.encoder.layers.#.self_attn.q_proj.weight"},
    {"a tower of CLIP's or SigLIP's without its projection or head (transformers)",
     "encoder.layers.#.self_attn.q_proj.weight"},
    {"a vision transformer of timm's alone, without a text tower", "blocks.0.attn.qkv.weight"},
    {"a vision transformer alone, without a text tower (transformers)",
     "*encoder.layer.0.attention.attention.query.weight"},
    {"a BERT alone, without the projection of a CLIP (transformers)",
     "*encoder.layer.0.attention.self.query.weight"},
    {"T5 (transformers)", "*encoder.block.0.layer.0.SelfAttention.q.weight"},
    {"a ResNet alone, without a text tower", "layer1.0.conv1.weight"},
});

template <std::size_t count>
std::string first_fit(const TensorMap& tensors, const std::array<Unsupported, count>& known) {
  const auto found = std::ranges::find_if(
      known, [&](const Unsupported& unsupported) { return occurs(tensors, unsupported.pattern); });
  return found == known.end() ? std::string() : std::string(found->name);
}

}  // namespace

std::string unsupported_model(const TensorMap& tensors) {
  return first_fit(tensors, kUnsupported);
}

std::string unsupported_family(const TensorMap& tensors) {
  const std::string model = unsupported_model(tensors);
  return model.empty() ? first_fit(tensors, kTowers) : model;
}

}  // namespace diptych::checkpoint
