#include "network/towers/bert.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"

namespace diptych::network {
namespace {

/// The deviation of BERT's own initialisation.
constexpr float kDeviation = 0.02F;

BertLayer declare_bert_layer(ParameterTable& table, const std::string& name,
                             const BertConfig& config) {
  const int width = config.width;
  const float epsilon = config.norm_epsilon;
  const std::string attention = name + ".attention";
  return {
      .query_key_value =
          declare_linear(table, attention + ".self.Wqkv", width, 3 * width, kDeviation),
      .attention_output =
          declare_linear(table, attention + ".output.dense", width, width, kDeviation),
      .attention_norm = declare_norm(table, attention + ".output.LayerNorm", width, epsilon),
      .mlp_in =
          declare_linear(table, name + ".intermediate.dense", width, config.mlp_width, kDeviation),
      .mlp_out = declare_linear(table, name + ".output.dense", config.mlp_width, width, kDeviation),
      .mlp_norm = declare_norm(table, name + ".output.LayerNorm", width, epsilon)};
}

/// A linear layer without bias.
Linear declare_weight(ParameterTable& table, const std::string& name, int inputs, int outputs) {
  const float deviation = 1.0F / std::sqrt(static_cast<float>(inputs));
  return {.weight = table.declare(name, {outputs, inputs}, Initialiser::normal(deviation)),
          .inputs = inputs,
          .outputs = outputs};
}

std::vector<Linear> declare_bert_projection(ParameterTable& table, const BertConfig& config,
                                            int embedding_width) {
  const int hidden = config.projection_width;
  if (hidden == 0) {
    return {declare_projection(table, "text_projection", config.width, embedding_width,
                               1.0F / std::sqrt(static_cast<float>(config.width)))};
  }
  return {declare_weight(table, "text_projection.0.weight", config.width, hidden),
          declare_weight(table, "text_projection.2.weight", hidden, embedding_width)};
}

}  // namespace

Bert declare_bert(ParameterTable& table, const BertConfig& config, int embedding_width) {
  const auto declare_table = [&](const char* name, int rows) {
    return table.declare(std::string("bert.embeddings.") + name + "_embeddings.weight",
                         {rows, config.width}, Initialiser::normal(kDeviation));
  };
  Bert tower{.config = config};
  tower.word_embedding = declare_table("word", config.vocabulary_size);
  tower.position_embedding = declare_table("position", config.positions);
  tower.token_type_embedding = declare_table("token_type", config.token_types);
  tower.embedding_norm =
      declare_norm(table, "bert.embeddings.LayerNorm", config.width, config.norm_epsilon);
  for (int i = 0; i < config.layers; ++i)
    tower.layers.push_back(
        declare_bert_layer(table, "bert.encoder.layer." + std::to_string(i), config));
  tower.projection = declare_bert_projection(table, config, embedding_width);
  return tower;
}

std::span<const std::int32_t> reaching_tokens(const Bert& tower,
                                              std::span<const std::int32_t> row) {
  const std::int32_t pad = tower.config.pad_id;
  const auto end = std::find(row.begin(), row.end(), pad);
  const bool only_padding_behind =
      std::all_of(end, row.end(), [pad](std::int32_t id) { return id == pad; });
  if (end == row.begin() || !only_padding_behind) {
    fail(ErrorCode::invalid_argument,
         "tokens: got padding (id {}) at {}, expected a text with padding only behind it", pad,
         end - row.begin());
  }
  return row.first(static_cast<std::size_t>(end - row.begin()));
}

}  // namespace diptych::network
