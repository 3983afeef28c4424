#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/source/model_file.h"

namespace diptych::checkpoint {

/// A form that other programs read.
enum class ExportFormat {
  diptych,    ///< diptych's own folder
  open_clip,  ///< open_clip_model.safetensors and open_clip_config.json
  openai,     ///< model.pt: TorchScript that holds the weights, for OpenAI's loader with jit=False
  chinese_clip,  ///< clip_cn.pt, a checkpoint of Chinese-CLIP's, and model_config.json
  eva,           ///< EVA_CLIP.pt and model_config.json, for EVA-CLIP's own loader
  /// model.safetensors, config.json and preprocessor_config.json of a CLIPModel, a MetaClip2Model
  /// or a SiglipModel, whichever the model is
  huggingface,
};

/// Returns the format of a name as written above. Throws Error(invalid_argument) listing the names.
ExportFormat export_format(std::string_view name);

/// Returns what the file of a form's weights is called.
std::string_view weights_file(ExportFormat format);

/// Returns how the program of that form treats the pictures of a model with this preprocessing: for
/// `huggingface` as transformers does, for the others as they do (`diptych` has either way).
Preprocessing as_the_form_treats_pictures(Preprocessing preprocessing, ExportFormat format);

/// Writes the model into a folder, which is made, with floating-point tensors as `weights_dtype`.
/// Returns what the program of that form does otherwise, one sentence each: how transformers treats
/// some pictures differs from how the others do, and no config of theirs can say so.
/// Where another program takes a tokenizer from files, those that lay beside the weights. Loading
/// the result gives identical tensors. Throws Error: io; invalid_argument as save_model_folder; and
/// unsupported, naming it, when the format cannot say something that the model needs.
std::vector<std::string> export_model(const std::filesystem::path& folder, const ModelFile& model,
                                      ExportFormat format, DType weights_dtype);

}  // namespace diptych::checkpoint
