#include "checkpoint/configs/m2m100.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

// Fields and defaults: transformers 5, M2M100Config; open_clip 3.3.0, HFTextEncoder.

namespace diptych::checkpoint {
namespace {

using network::TextTransformerConfig;

constexpr std::string_view kType = "m2m_100";

TextTransformerConfig nllb_200(int layers, int mlp_width) {
  return {.vocabulary_size = 256206,
          .width = 1024,
          .heads = 16,
          .layers = layers,
          .mlp_width = mlp_width,
          .activation = network::Activation::relu,
          .causal = false,
          .pooling = network::TextPooling::first,
          .pad_id = 1,
          .sinusoids = true};
}

/// Models that open_clip's configs name and rely on transformers to know.
std::optional<TextTransformerConfig> named_model(std::string_view name) {
  const std::string_view without_owner = name.substr(name.rfind('/') + 1);
  if (without_owner == "nllb-200-distilled-600M") return nllb_200(12, 4096);
  if (without_owner == "nllb-200-distilled-1.3B") return nllb_200(24, 8192);
  return std::nullopt;
}

/// Such configs carry dozens of fields that have no meaning for the encoder, so what is not asked
/// for is not refused.
void read_description(ConfigFields fields, TextTransformerConfig& config) {
  config.vocabulary_size = fields.integer("vocab_size", config.vocabulary_size);
  config.width = fields.integer("d_model", config.width);
  config.heads = fields.integer("encoder_attention_heads", config.heads);
  config.layers = fields.integer("encoder_layers", config.layers);
  config.mlp_width = fields.integer("encoder_ffn_dim", config.mlp_width);
  config.pad_id = fields.integer("pad_token_id", config.pad_id);
  fields.expect("activation_function", "relu");
  fields.expect("scale_embedding", true);
}

/// open_clip's poolers by these names come to the same: the encoder has none of its own.
bool takes_first_token(const std::string& pooler) {
  return pooler == "cls_pooler" || pooler == "cls_last_hidden_state_pooler";
}

/// Where the config is silent, open_clip takes the mean and two layers, which no published model
/// over such an encoder has.
void check_output(ConfigFields& fields) {
  const auto refuse = [&](std::string_view field, const std::string& got, std::string_view has) {
    fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych has {} for such an encoder ({})",
         fields.path_of(field), got, has, fields.file());
  };
  const std::string pooler = fields.text("hf_pooler_type", "mean_pooler");
  if (!takes_first_token(pooler)) refuse("hf_pooler_type", pooler, "cls_pooler");
  const std::string projection = fields.text("hf_proj_type", "mlp");
  if (projection != "linear") refuse("hf_proj_type", projection, "linear");
}

}  // namespace

bool names_m2m100(ConfigFields& fields) {
  if (!fields.has("hf_model_name")) return false;
  if (fields.has("hf_config")) return fields.object("hf_config").text("model_type") == kType;
  return named_model(fields.text("hf_model_name")).has_value();
}

TextTransformerConfig read_open_clip_m2m100(ConfigFields& fields) {
  TextTransformerConfig config =
      named_model(fields.text("hf_model_name")).value_or(nllb_200(12, 4096));
  if (fields.has("hf_config")) read_description(fields.object("hf_config"), config);
  config.context_length = fields.integer("context_length", 77);
  check_output(fields);
  fields.ignore({"hf_tokenizer_name", "hf_model_pretrained", "tokenizer_kwargs"});
  // open_clip reads none of these for a tower of transformers'.
  fields.ignore({"width", "heads", "layers", "vocab_size", "mlp_ratio", "output_tokens"});
  fields.refuse_rest();
  return config;
}

}  // namespace diptych::checkpoint
