#pragma once

#include <string>
#include <string_view>

#include "checkpoint/source/model_file.h"
#include "json/config_fields.h"
#include "json/json.h"

namespace diptych::checkpoint {

/// Reads config.json of a transformers CLIPModel or ChineseCLIPModel. The result has no weights and
/// its family's default preprocessing. Throws Error: corrupt_data, and unsupported
/// naming the field.
ModelFile read_huggingface_config(const Json& json, const std::string& file);

/// Reads config.json of a transformers SiglipModel, likewise; its tokenizer is none as yet.
ModelFile read_huggingface_siglip_config(const Json& json, const std::string& file);

/// Reads preprocessor_config.json of a CLIPImageProcessor; `bare_size` is what a `size` that is
/// only a number means, `shortest` or `squash`. Throws Error likewise.
Preprocessing read_huggingface_preprocessing(const Json& json, int image_size,
                                             const std::string& file,
                                             ResizeMode bare_size = ResizeMode::shortest);

/// Sets what transformers' image processors do to every picture, whatever their config: transparent
/// ones are laid on white, all become RGB before the resize, and the centre crop of an odd excess
/// starts at the lower of the two middles. (transformers 5.24; both of its backends.)
void follow_transformers(Preprocessing& preprocessing);

/// Writes such a config: of a SiglipModel where the towers are SigLIP's, of a MetaClip2Model where
/// CLIP's towers have another tokenizer than CLIP's, otherwise of a CLIPModel. Throws
/// Error(unsupported), naming it, for what such a model cannot be told.
Json write_huggingface_config(const ModelFile& model);
/// Does the same of an image processor of that type, for a preprocessing that follows transformers.
Json write_huggingface_preprocessing(const Preprocessing& preprocessing, std::string_view type);

/// Returns the activation that transformers calls so: "gelu", "quick_gelu", "gelu_new". Throws
/// Error(unsupported) naming the field.
network::Activation read_huggingface_activation(ConfigFields& fields, std::string_view field,
                                                std::string_view otherwise);
/// Returns its name there. Throws Error(unsupported).
std::string_view huggingface_activation(network::Activation activation);

}  // namespace diptych::checkpoint
