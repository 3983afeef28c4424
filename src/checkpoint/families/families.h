#pragma once

#include <span>
#include <string_view>

#include "checkpoint/families/family.h"

namespace diptych::checkpoint {

/// The families; those whose names differ in few places share a file.
const Family& openai_family();
const Family& open_clip_family();
const Family& huggingface_clip_family();
/// transformers' SiglipModel.
const Family& huggingface_siglip_family();
/// Chinese-CLIP's own files and their Hugging Face form.
const Family& chinese_clip_family();
const Family& huggingface_chinese_clip_family();
/// open_clip's models over a BERT, RoBERTa or XLM-R of transformers as text tower.
const Family& open_clip_bert_family();
const Family& eva_clip_family();
/// open_clip's models over timm's vision transformer.
const Family& open_clip_timm_vit_family();
/// The same over timm's NaFlex ViT: SigLIP 2 NaFlex.
const Family& open_clip_timm_naflex_family();
/// open_clip's models over timm's EVA towers.
const Family& open_clip_timm_eva_family();
const Family& open_clip_timm_pe_core_family();
/// open_clip's models over timm's ConvNeXt.
const Family& open_clip_timm_convnext_family();
/// open_clip's models over timm's ViTamin.
const Family& open_clip_timm_vitamin_family();
/// open_clip's models over timm's FastViT: MobileCLIP.
const Family& open_clip_timm_fastvit_family();
/// open_clip's CoCa.
const Family& open_clip_coca_family();
/// open_clip's models over another timm image tower; recognised only.
const Family& open_clip_timm_family();
/// big_vision's own SigLIP files, in npz.
const Family& big_vision_family();
const Family& big_vision_image_family();
const Family& big_vision_text_family();
/// clip.cpp's files, in GGUF.
const Family& clip_cpp_family();
/// One tower alone: transformers' CLIPVisionModelWithProjection and CLIPTextModelWithProjection,
/// its SiglipVisionModel and SiglipTextModel, Chinese-CLIP's text tower. open_clip's and EVA-CLIP's
/// have the names that they have in a whole model, unless a ViT's own module was saved.
const Family& huggingface_clip_image_family();
const Family& huggingface_clip_text_family();
const Family& huggingface_chinese_clip_text_family();
const Family& huggingface_siglip_image_family();
const Family& huggingface_siglip_text_family();
const Family& bare_siglip_image_family();
const Family& bare_siglip_text_family();
const Family& chinese_clip_text_family();
const Family& bare_open_clip_image_family();
/// Canonical names as they are: diptych's own files.
const Family& diptych_family();

/// Returns the first family whose signature matches, or nullptr. OpenAI's and open_clip's names are
/// the same: the answer is then openai when the constants that OpenAI's files carry are there.
const Family* recognise_family(const TensorMap& tensors);
const Family* recognise_family(std::span<const std::string_view> names);

/// Says whether the names are those of a known family (RecognisesModel).
bool is_known_model(std::span<const std::string_view> names);

}  // namespace diptych::checkpoint
