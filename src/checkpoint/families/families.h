#pragma once

#include <span>
#include <string_view>

#include "checkpoint/families/family.h"

namespace diptych::checkpoint {

// The families, by what they are of. Those whose names differ in few places share a file.

const Family& diptych_family();  ///< canonical names as they are
const Family& openai_family();
const Family& open_clip_family();
const Family& open_clip_coca_family();
const Family& open_clip_bert_family();  ///< its text tower is a BERT, RoBERTa or XLM-R
const Family& open_clip_timm_vit_family();
const Family& open_clip_timm_naflex_family();  ///< SigLIP 2 NaFlex
const Family& open_clip_timm_eva_family();
const Family& open_clip_timm_pe_core_family();
const Family& open_clip_timm_convnext_family();
const Family& open_clip_timm_vitamin_family();
const Family& open_clip_timm_fastvit_family();  ///< MobileCLIP
const Family& open_clip_timm_family();          ///< another timm image tower; recognised only
const Family& eva_clip_family();
const Family& huggingface_clip_family();
const Family& huggingface_siglip_family();
const Family& chinese_clip_family();
const Family& huggingface_chinese_clip_family();
const Family& big_vision_family();  ///< SigLIP in npz
const Family& clip_cpp_family();    ///< in GGUF

// One tower alone. open_clip's and EVA-CLIP's have the names that they have in a whole model,
// unless a ViT's own module was saved.

const Family& big_vision_image_family();
const Family& big_vision_text_family();
const Family& huggingface_clip_image_family();  ///< CLIPVisionModelWithProjection
const Family& huggingface_clip_text_family();   ///< CLIPTextModelWithProjection
const Family& huggingface_chinese_clip_text_family();
const Family& huggingface_siglip_image_family();  ///< SiglipVisionModel
const Family& huggingface_siglip_text_family();   ///< SiglipTextModel
const Family& bare_siglip_image_family();
const Family& bare_siglip_text_family();
const Family& chinese_clip_text_family();
const Family& bare_open_clip_image_family();

/// Returns the first family whose signature matches, or nullptr. OpenAI's and open_clip's names are
/// the same: the answer is then openai when the constants that OpenAI's files carry are there.
const Family* recognise_family(const TensorMap& tensors);
const Family* recognise_family(std::span<const std::string_view> names);

/// Says whether the names are those of a known family (RecognisesModel).
bool is_known_model(std::span<const std::string_view> names);

}  // namespace diptych::checkpoint
