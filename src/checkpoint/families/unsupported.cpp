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

/// The first that fits counts: parts of others come last.
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
    {"CLIP's image tower alone, without its text tower (transformers)",
     "vision_model.encoder.layers.#.self_attn.q_proj.weight"},
    {"CLIP's text tower alone, without its image tower (transformers)",
     "text_model.encoder.layers.#.self_attn.q_proj.weight"},
    {"LLaVA (transformers)", "*multi_modal_projector.*"},
    {"a vision-text dual encoder (transformers)", "vision_model.vision_model.*"},
    {"Stable Diffusion", "model.diffusion_model.*"},
    {"a vision transformer of timm's alone, without a text tower", "blocks.0.attn.qkv.weight"},
    {"a vision transformer alone, without a text tower (transformers)",
     "*encoder.layer.0.attention.attention.query.weight"},
    {"a BERT alone, without an image tower (transformers)",
     "*encoder.layer.0.attention.self.query.weight"},
    {"T5 (transformers)", "*encoder.block.0.layer.0.SelfAttention.q.weight"},
    {"a ResNet alone, without a text tower", "layer1.0.conv1.weight"},
});

}  // namespace

std::string lone_tower(const TensorMap& tensors) {
  if (!occurs(tensors, "*transformer.resblocks.0.ln_1.weight")) return {};
  const bool has_text =
      occurs(tensors, "*token_embedding.weight") || occurs(tensors, "*embed_tokens.weight");
  const bool has_image = occurs(tensors, "visual.*");
  if (has_image && has_text) return {};
  return has_text ? "CLIP's text tower alone, without its image tower"
                  : "CLIP's image tower alone, without its text tower";
}

std::string unsupported_family(const TensorMap& tensors) {
  if (const std::string tower = lone_tower(tensors); !tower.empty()) return tower;
  const auto found = std::ranges::find_if(kUnsupported, [&](const Unsupported& unsupported) {
    return occurs(tensors, unsupported.pattern);
  });
  return found == kUnsupported.end() ? std::string() : std::string(found->name);
}

}  // namespace diptych::checkpoint
