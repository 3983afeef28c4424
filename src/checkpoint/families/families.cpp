#include "checkpoint/families/families.h"

#include <algorithm>
#include <array>
#include <vector>

namespace diptych::checkpoint {
namespace {

bool occurs(std::span<const std::string_view> names, std::string_view pattern) {
  return std::ranges::any_of(names, [&](std::string_view name) { return matches(pattern, name); });
}

}  // namespace

const Family* recognise_family(const TensorMap& tensors) {
  std::vector<std::string_view> names;
  for (const auto& [tensor, view] : tensors.tensors) names.push_back(tensor);
  return recognise_family(names);
}

const Family* recognise_family(std::span<const std::string_view> names) {
  // In the order in which they are tried: open_clip's signature fits OpenAI's and EVA's files too,
  // that of timm's vision transformer PE-Core's and NaFlex's.
  const std::array families = {&openai_family(),
                               &huggingface_clip_family(),
                               &huggingface_siglip_family(),
                               &huggingface_chinese_clip_family(),
                               &chinese_clip_family(),
                               &open_clip_bert_family(),
                               &big_vision_family(),
                               &clip_cpp_family(),
                               &eva_clip_family(),
                               &open_clip_timm_vitamin_family(),
                               &open_clip_timm_fastvit_family(),
                               &open_clip_timm_pe_core_family(),
                               &open_clip_timm_naflex_family(),
                               &open_clip_timm_vit_family(),
                               &open_clip_timm_eva_family(),
                               &open_clip_timm_convnext_family(),
                               &open_clip_coca_family(),
                               &open_clip_timm_family(),
                               &huggingface_clip_image_family(),
                               &huggingface_clip_text_family(),
                               &huggingface_chinese_clip_text_family(),
                               &big_vision_image_family(),
                               &big_vision_text_family(),
                               &huggingface_siglip_image_family(),
                               &huggingface_siglip_text_family(),
                               &bare_siglip_image_family(),
                               &bare_siglip_text_family(),
                               &chinese_clip_text_family(),
                               &bare_open_clip_image_family(),
                               &open_clip_family()};
  for (const Family* family : families) {
    const bool all = std::all_of(family->signature.begin(), family->signature.end(),
                                 [&](std::string_view pattern) { return occurs(names, pattern); });
    if (all) return family;
  }
  return nullptr;
}

bool is_known_model(std::span<const std::string_view> names) {
  return recognise_family(names) != nullptr;
}

}  // namespace diptych::checkpoint
