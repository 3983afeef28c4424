#include "checkpoint/configs/eva_config.h"

#include <variant>

#include "base/error.h"
#include "checkpoint/configs/mlp_ratio.h"
#include "checkpoint/configs/open_clip_config.h"
#include "json/config_fields.h"

// Fields and defaults: CLIPVisionCfg and CLIPTextCfg of EVA-CLIP/rei and EVA-CLIP-18B in
// baaivision/EVA.

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::EvaTransformerConfig;
using network::NormKind;
using network::Projection;
using network::TextTransformerConfig;

constexpr int kDefaultRotaryGrid = 16;

int read_heads(ConfigFields& fields, int width) {
  const int head_width = fields.integer("head_width", 64);
  if (head_width < 1 || width % head_width != 0) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected a divisor of {} ({})",
         fields.path_of("head_width"), head_width, width, fields.file());
  }
  return width / head_width;
}

/// Without `intp_freq` positions are counted on the tower's own grid, which must then be the
/// pretrained one.
int read_rotary_grid(ConfigFields& fields, int grid) {
  const int pretrained = fields.integer("pt_hw_seq_len", kDefaultRotaryGrid);
  const bool interpolated = fields.boolean("intp_freq", false);
  if (!fields.boolean("rope", false)) return 0;
  if (!interpolated && grid != pretrained) {
    fail(ErrorCode::unsupported,
         "config: {}: got {}, expected the tower's grid of {}, or intp_freq ({})",
         fields.path_of("pt_hw_seq_len"), pretrained, grid, fields.file());
  }
  return pretrained;
}

EvaTransformerConfig read_image_tower(ConfigFields fields) {
  EvaTransformerConfig config;
  config.image_size = fields.integer("image_size", 224);
  config.patch_size = fields.integer("patch_size", 16);
  if (config.patch_size < 1) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected at least 1 ({})",
         fields.path_of("patch_size"), config.patch_size, fields.file());
  }
  config.width = fields.integer("width", 768);
  config.layers = fields.integer("layers", 12);
  config.heads = read_heads(fields, config.width);
  config.mlp_width = read_mlp_width(fields, config.width);
  config.gated_mlp = fields.boolean("naiveswiglu", false);
  config.activation = config.gated_mlp ? Activation::silu : Activation::gelu;
  config.norm = fields.boolean("use_rms_norm", false) ? NormKind::rms : NormKind::layer;
  config.post_norm = fields.boolean("postnorm", false);
  config.inner_norms = fields.boolean("subln", false);
  config.query_value_bias = fields.boolean("qkv_bias", true);
  config.projection = config.query_value_bias ? Projection::linear : Projection::matrix;
  config.layer_scale = fields.number("ls_init_value", 0.0) > 0.0;
  config.rotary_grid = read_rotary_grid(fields, config.grid());
  fields.expect("global_average_pool", false);
  // Names, training options, and choices among equal computations.
  fields.ignore({"eva_model_name", "drop_path_rate", "patch_dropout", "xattn", "fusedLN"});
  fields.refuse_rest();
  return config;
}

Json write_image_tower(const EvaTransformerConfig& config) {
  Json json = {{"image_size", config.image_size},
               {"layers", config.layers},
               {"width", config.width},
               {"head_width", config.width / config.heads},
               {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)},
               {"patch_size", config.patch_size},
               {"eva_model_name", "eva-clip"},
               {"drop_path_rate", 0},
               {"qkv_bias", config.query_value_bias}};
  if (config.post_norm) json["postnorm"] = true;
  if (config.inner_norms) json["subln"] = true;
  if (config.gated_mlp) json["naiveswiglu"] = true;
  if (config.norm == NormKind::rms) json["use_rms_norm"] = true;
  if (config.layer_scale) json["ls_init_value"] = 0.1;
  if (config.rotary_grid > 0) {
    json["rope"] = true;
    json["pt_hw_seq_len"] = config.rotary_grid;
    json["intp_freq"] = true;
  }
  return json;
}

[[noreturn]] void refuse_to_write() {
  fail(ErrorCode::unsupported, "EVA-CLIP's config cannot say this model's towers");
}

}  // namespace

ModelFile read_eva_config(const Json& json, const std::string& file) {
  ConfigFields fields(json, "", file);
  ModelFile model;
  model.config.embedding_width = fields.integer("embed_dim");
  model.config.image = read_image_tower(fields.object("vision_cfg"));
  ConfigFields text = fields.object("text_cfg");
  text.ignore({"xattn", "fusedLN"});
  const bool quick_gelu = fields.boolean("quick_gelu", false);
  model.config.text =
      read_open_clip_text_tower(text, quick_gelu ? Activation::quick_gelu : Activation::gelu);
  model.preprocessing.size = network::image_size(model.config.image);
  fields.ignore({"custom_text"});
  fields.refuse_rest();
  return model;
}

Json write_eva_config(const ModelFile& model) {
  const auto* image = std::get_if<EvaTransformerConfig>(&model.config.image);
  const auto* text = std::get_if<TextTransformerConfig>(&model.config.text);
  if (image == nullptr || text == nullptr) refuse_to_write();
  Json json = {{"embed_dim", model.config.embedding_width},
               {"vision_cfg", write_image_tower(*image)},
               {"text_cfg",
                {{"context_length", text->context_length},
                 {"vocab_size", text->vocabulary_size},
                 {"width", text->width},
                 {"heads", text->heads},
                 {"layers", text->layers}}}};
  if (text->activation == Activation::quick_gelu) json["quick_gelu"] = true;
  const ModelFile said = read_eva_config(json, "model_config.json");
  if (said.config != model.config || said.preprocessing != model.preprocessing ||
      said.tokenizer != model.tokenizer)
    refuse_to_write();
  return json;
}

}  // namespace diptych::checkpoint
