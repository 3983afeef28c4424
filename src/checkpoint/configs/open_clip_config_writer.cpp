#include <variant>

#include "base/error.h"
#include "checkpoint/configs/mlp_ratio.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/configs/timm_eva.h"
#include "checkpoint/configs/timm_naflex.h"
#include "checkpoint/configs/timm_towers.h"
#include "checkpoint/configs/timm_vitamin.h"
#include "checkpoint/tokenizers/tokenizer_files.h"

namespace diptych::checkpoint {
namespace {

using network::Activation;

[[noreturn]] void refuse_to_write(std::string_view what) {
  fail(ErrorCode::unsupported, "open_clip's config cannot say this model's {}", what);
}

/// What both transformers may have and CLIP's have not.
template <typename Config>
void write_tanh(const Config& config, Json& json) {
  if (config.activation == Activation::gelu_tanh) json["act_kwargs"] = {{"approximate", "tanh"}};
}

template <typename Config>
Json write_transformer(const Config& config) {
  Json json = {{"width", config.width},
               {"layers", config.layers},
               {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)}};
  if (config.norm_epsilon != kOpenClipEpsilon) json["norm_kwargs"] = {{"eps", config.norm_epsilon}};
  // Where training starts, which the weights replace.
  if (config.layer_scale) json["ls_init_value"] = 1e-4;
  return json;
}

Json write_image_tower(const network::ImageTowerConfig& tower) {
  if (const auto* resnet = std::get_if<network::ModifiedResNetConfig>(&tower)) {
    return {{"image_size", resnet->image_size},
            {"layers", resnet->layers},
            {"width", resnet->width},
            {"head_width", 32 * resnet->width / resnet->heads},
            {"patch_size", nullptr}};
  }
  if (const auto* eva = std::get_if<network::EvaTransformerConfig>(&tower))
    return write_timm_eva(*eva);
  if (const auto* convnext = std::get_if<network::ConvNextConfig>(&tower))
    return write_timm_tower(*convnext);
  if (const auto* vitamin = std::get_if<network::ViTaminConfig>(&tower))
    return write_timm_vitamin(*vitamin);
  if (const auto* naflex = std::get_if<network::NaflexTransformerConfig>(&tower))
    return write_timm_naflex(*naflex);
  if (std::holds_alternative<network::FastVitConfig>(tower)) {
    fail(ErrorCode::unsupported,
         "open_clip's form of MobileCLIP has the branches that its image tower was trained with, "
         "which were fused into one layer each when it was loaded: it cannot be written");
  }
  const auto* config = std::get_if<network::VisionTransformerConfig>(&tower);
  if (config == nullptr) refuse_to_write("image tower");
  if (is_timm_tower(*config)) return write_timm_tower(*config);
  Json json = write_transformer(*config);
  write_tanh(*config, json);
  if (!config->norm_pre) json["no_ln_pre"] = true;
  if (config->pooling == network::ImagePooling::mean) {
    json["pool_type"] = "avg";
    json["final_ln_after_pool"] = true;
  }
  if (config->pooling == network::ImagePooling::queries) {
    json["attentional_pool"] = true;
    json["attn_pooler_queries"] = config->pool_queries;
    json["attn_pooler_heads"] = config->pool_heads;
  }
  json["image_size"] = config->image_size;
  json["patch_size"] = config->patch_size;
  json["head_width"] = config->width / config->heads;
  return json;
}

Json write_text_tower(const network::TextTowerConfig& tower) {
  const auto* config = std::get_if<network::TextTransformerConfig>(&tower);
  if (config == nullptr || config->sinusoids) refuse_to_write("text tower");
  Json json = write_transformer(*config);
  write_tanh(*config, json);
  if (config->pooling == network::TextPooling::class_token) {
    json["embed_cls"] = true;
    json["pad_id"] = config->pad_id;
  } else if (config->pooling == network::TextPooling::last) {
    json["pool_type"] = "last";
  } else if (config->end_of_text_id != network::kLargestId) {
    json["pool_type"] = "eos";
    json["eos_id"] = config->end_of_text_id;
  }
  if (!config->causal) json["no_causal_mask"] = true;
  if (config->projection == network::Projection::linear) json["proj_bias"] = true;
  if (config->projection == network::Projection::none) json["proj_type"] = "none";
  json["context_length"] = config->context_length;
  json["vocab_size"] = config->vocabulary_size;
  json["heads"] = config->heads;
  return json;
}

/// open_clip cleans texts for SigLIP's tokenizers in a way of its own, and does something to all.
const char* open_clip_cleaning(text::Cleaning cleaning) {
  switch (cleaning) {
    case text::Cleaning::none:
    case text::Cleaning::whitespace:
      return "whitespace";
    case text::Cleaning::lower:
      return "lower";
    case text::Cleaning::canonicalize:
    case text::Cleaning::only_lower:
    case text::Cleaning::remove_punctuation:
      return "canonicalize";
  }
  return "";
}

/// What open_clip's HFTokenizer is told; it finds the files beside the config, whatever their name.
void write_tokenizer_use(const ModelFile& model, Json& text) {
  constexpr const char* kNameless = "local";
  const std::optional<TokenizerSettings>& use = model.tokenizer_files.use;
  if (!use) refuse_to_write("tokenizer");
  check_tokenizer_files(model, "open_clip's");
  text["hf_tokenizer_name"] = use->name.empty() ? kNameless : use->name;
  Json options = {{"clean", open_clip_cleaning(use->cleaning)}};
  if (use->strips_separator) options["strip_sep_token"] = true;
  text["tokenizer_kwargs"] = std::move(options);
}

Json write_decoder(const network::MultimodalDecoderConfig& config, int context_length) {
  if (config.mlp_width != 4 * config.width || config.norm_epsilon != kOpenClipEpsilon)
    refuse_to_write("decoder");
  return {{"width", config.width},
          {"heads", config.heads},
          {"layers", config.layers},
          {"context_length", context_length}};
}

/// open_clip has one switch for both towers; those of timm do not listen to it.
bool has_quick_gelu(const network::ModelConfig& config) {
  const Activation text = std::get<network::TextTransformerConfig>(config.text).activation;
  const auto* image = std::get_if<network::VisionTransformerConfig>(&config.image);
  const bool listens = image != nullptr && !is_timm_tower(*image);
  const auto can_be_written = [](Activation activation) {
    return activation == Activation::gelu || activation == Activation::gelu_tanh ||
           activation == Activation::quick_gelu;
  };
  const bool quick = text == Activation::quick_gelu;
  const bool same = !listens || (image->activation == Activation::quick_gelu) == quick;
  const Activation plain = quick ? Activation::quick_gelu : Activation::gelu;
  if (config.decoder && config.decoder->activation != plain) refuse_to_write("decoder");
  if (!same || !can_be_written(text) || (listens && !can_be_written(image->activation)))
    refuse_to_write("activation");
  return quick;
}

/// Models over timm's towers and CoCa keep their text tower under `text.`, which open_clip calls
/// custom text.
bool has_custom_text(const network::ModelConfig& config) {
  if (std::holds_alternative<network::EvaTransformerConfig>(config.image) ||
      std::holds_alternative<network::ViTaminConfig>(config.image) ||
      std::holds_alternative<network::NaflexTransformerConfig>(config.image))
    return true;
  const auto& text = std::get<network::TextTransformerConfig>(config.text);
  if (text.pooling == network::TextPooling::class_token) return true;
  const auto* image = std::get_if<network::VisionTransformerConfig>(&config.image);
  return image != nullptr && is_timm_tower(*image);
}

/// NaFlex's pictures keep their shape whatever is said of squares; "squash" is what open_clip's
/// table of published weights says of such models.
std::string_view resize_mode_of(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::shortest:
      return "shortest";
    case ResizeMode::squash:
    case ResizeMode::patches:
      return "squash";
    case ResizeMode::longest:
      return "longest";
  }
  return "";
}

Json write_preprocessing(const Preprocessing& preprocessing) {
  if (preprocessing.background) refuse_to_write("background of transparent pictures");
  return {{"size", {preprocessing.size, preprocessing.size}},
          {"mode", "RGB"},
          {"mean", preprocessing.mean},
          {"std", preprocessing.std},
          {"interpolation",
           preprocessing.interpolation == Interpolation::bicubic ? "bicubic" : "bilinear"},
          {"resize_mode", resize_mode_of(preprocessing.mode)},
          {"fill_color", preprocessing.fill}};
}

}  // namespace

Json write_open_clip_config(const ModelFile& model) {
  Json json = {{"embed_dim", model.config.embedding_width},
               {"vision_cfg", write_image_tower(model.config.image)},
               {"text_cfg", write_text_tower(model.config.text)},
               {"quick_gelu", has_quick_gelu(model.config)}};
  if (model.tokenizer != TokenizerSpec{}) write_tokenizer_use(model, json["text_cfg"]);
  if (has_custom_text(model.config)) json["custom_text"] = true;
  if (model.config.decoder) {
    json["multimodal_cfg"] =
        write_decoder(*model.config.decoder, network::context_length(model.config.text));
    // open_clip's CoCa unpacks what its towers give into a feature and the rows after it.
    for (const char* tower : {"vision_cfg", "text_cfg"}) json[tower]["output_tokens"] = true;
  }
  // Where training would start; a checkpoint has its own.
  if (model.config.logit_bias) json["init_logit_bias"] = -10;
  return {{"model_cfg", std::move(json)},
          {"preprocess_cfg", write_preprocessing(model.preprocessing)}};
}

}  // namespace diptych::checkpoint
