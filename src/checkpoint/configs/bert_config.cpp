#include "checkpoint/configs/bert_config.h"

#include <array>
#include <climits>
#include <string>
#include <string_view>

#include "base/error.h"
#include "checkpoint/configs/huggingface_config.h"

// Fields and defaults: transformers 4 and 5, BertConfig, RobertaConfig and XLMRobertaConfig;
// open_clip 3.3.0, CLIPTextCfg and HFTextEncoder.

namespace diptych::checkpoint {
namespace {

using network::BertConfig;
using network::BertPooling;

/// RoBERTa pads with 1 and counts a text's positions from the next row.
constexpr int kRobertaPadId = 1;

BertConfig roberta(int vocabulary_size, int width, int layers) {
  return {.vocabulary_size = vocabulary_size,
          .width = width,
          .heads = width / 64,
          .layers = layers,
          .mlp_width = 4 * width,
          .norm_epsilon = 1e-5F,
          .positions = 514,
          .first_position = kRobertaPadId + 1,
          .token_types = 1,
          .pad_id = kRobertaPadId};
}

/// Models that open_clip's configs name and rely on transformers to know.
struct NamedModel {
  std::string_view name;
  BertConfig config;
};
const std::array<NamedModel, 3> kNamedModels = {{{"roberta-base", roberta(50265, 768, 12)},
                                                 {"xlm-roberta-base", roberta(250002, 768, 12)},
                                                 {"xlm-roberta-large", roberta(250002, 1024, 24)}}};

BertConfig named_model(ConfigFields& fields) {
  const std::string name = fields.text("hf_model_name");
  const std::string without_owner = name.substr(name.rfind('/') + 1);
  for (const NamedModel& model : kNamedModels) {
    if (without_owner == model.name) return model.config;
  }
  fail(ErrorCode::unsupported,
       "config: {}: got \"{}\", diptych has roberta-base, xlm-roberta-base and xlm-roberta-large, "
       "and others of their kind when hf_config describes them ({})",
       fields.path_of("hf_model_name"), name, fields.file());
}

/// What `hf_config` says of the encoder; such configs carry dozens of fields that have no meaning
/// for the model, so what is not asked for is not refused.
BertConfig described_model(ConfigFields fields) {
  const std::string type = fields.text("model_type");
  if (type == "bert") return read_huggingface_bert(fields, {});
  if (type != "roberta" && type != "xlm-roberta") {
    fail(ErrorCode::unsupported,
         "config: {}: got \"{}\", diptych has bert, roberta and xlm-roberta ({})",
         fields.path_of("model_type"), type, fields.file());
  }
  BertConfig config = read_huggingface_bert(fields, roberta(50265, 768, 12));
  if (config.pad_id < 0 || config.pad_id == INT_MAX) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected an id of the vocabulary ({})",
         fields.path_of("pad_token_id"), config.pad_id, fields.file());
  }
  config.first_position = config.pad_id + 1;
  return config;
}

BertPooling read_pooling(ConfigFields& fields) {
  const std::string pooler = fields.text("hf_pooler_type", "mean_pooler");
  if (pooler == "mean_pooler") return BertPooling::mean;
  if (pooler == "cls_last_hidden_state_pooler") return BertPooling::class_token;
  fail(ErrorCode::unsupported,
       "config: {}: got \"{}\", diptych has mean_pooler and cls_last_hidden_state_pooler ({})",
       fields.path_of("hf_pooler_type"), pooler, fields.file());
}

/// open_clip's "mlp" goes through half the way between both widths.
int read_projection_width(ConfigFields& fields, int width, int embedding_width) {
  const std::string type = fields.text("hf_proj_type", "mlp");
  if (type == "linear") return 0;
  if (type == "mlp") return static_cast<int>((std::int64_t{width} + embedding_width) / 2);
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych has linear and mlp ({})",
       fields.path_of("hf_proj_type"), type, fields.file());
}

}  // namespace

BertConfig read_huggingface_bert(ConfigFields& fields, BertConfig config) {
  config.vocabulary_size = fields.integer("vocab_size", config.vocabulary_size);
  config.width = fields.integer("hidden_size", config.width);
  config.heads = fields.integer("num_attention_heads", config.heads);
  config.layers = fields.integer("num_hidden_layers", config.layers);
  config.mlp_width = fields.integer("intermediate_size", config.mlp_width);
  config.activation = read_huggingface_activation(fields, "hidden_act", "gelu");
  config.norm_epsilon = static_cast<float>(fields.number("layer_norm_eps", config.norm_epsilon));
  config.positions = fields.integer("max_position_embeddings", config.positions);
  config.token_types = fields.integer("type_vocab_size", config.token_types);
  config.pad_id = fields.integer("pad_token_id", config.pad_id);
  fields.expect("position_embedding_type", "absolute");
  return config;
}

BertConfig read_open_clip_bert(ConfigFields& fields, int embedding_width) {
  BertConfig config =
      fields.has("hf_config") ? described_model(fields.object("hf_config")) : named_model(fields);
  config.context_length = fields.integer("context_length", 77);
  config.pooling = read_pooling(fields);
  config.projection_width = read_projection_width(fields, config.width, embedding_width);
  fields.ignore({"hf_model_name", "hf_tokenizer_name", "hf_model_pretrained", "tokenizer_kwargs"});
  // open_clip reads none of these for a tower of transformers'.
  fields.ignore({"width", "heads", "layers", "vocab_size", "mlp_ratio", "output_tokens"});
  fields.refuse_rest();
  return config;
}

}  // namespace diptych::checkpoint
