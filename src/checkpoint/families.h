#pragma once

#include <span>
#include <string_view>

#include "checkpoint/key_table.h"
#include "checkpoint/position_table.h"
#include "tensor/tensor.h"

namespace diptych::checkpoint {

struct Container;
struct ModelFile;
struct ParsedModel;
class ModelFiles;

/// One program's way of naming weights.
struct Family {
  std::string_view name;
  /// Patterns that all occur among the names of such a checkpoint, and only there.
  std::span<const std::string_view> signature;
  /// From its names to the canonical ones.
  std::span<const KeyRule> rules;
  /// Tensors that carry no weights: counters, constants and tables that are recomputed.
  std::span<const std::string_view> ignored;
  /// Reads the config that lies beside the weights, or infers it; without weights. Throws Error.
  /// Null: diptych recognises the family and cannot load it.
  ModelFile (*parse)(const ModelFiles& files, const ParsedModel& parsed) = nullptr;
  /// How its own program resizes the image tower's positions.
  GridResize positions = GridResize::antialiased;
  /// Brings what a container holds into the form that the rules are about, before anything else.
  void (*prepare)(Container& container) = nullptr;
  /// Where a layer is stored as branches that are added up: puts the layers that the rules are
  /// about in their place. The config is known to be valid. Throws Error(invalid_argument).
  void (*fuse)(ParsedModel& parsed) = nullptr;
};

/// The families, each in a file of its own: <name>_family.cpp.
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
/// clip.cpp's files, in GGUF.
const Family& clip_cpp_family();
/// Canonical names as they are: diptych's own files.
const Family& diptych_family();

/// Whether a tensor's name fits the pattern.
bool occurs(const TensorMap& tensors, std::string_view pattern);

/// The family whose signature the names bear; nullptr when there is none. OpenAI's and open_clip's
/// names are the same: the answer is then openai when the constants that OpenAI's files carry are
/// there.
const Family* recognise_family(const TensorMap& tensors);
const Family* recognise_family(std::span<const std::string_view> names);

}  // namespace diptych::checkpoint
