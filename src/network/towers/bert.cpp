#include "network/towers/bert.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

BertLayer declare_tower_layer(ParameterTable& table, const std::string& name,
                              const BertConfig& config) {
  const int width = config.width;
  const float epsilon = config.norm_epsilon;
  const std::string attention = name + ".attention";
  return {
      .name = name,
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

std::vector<Linear> declare_tower_projection(ParameterTable& table, const BertConfig& config,
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

void validate_tower(const BertConfig& config, int /*embedding_width*/) {
  check_texts(config);
  check_transformer("text", config);
  check_range("first position", config.first_position, 0, kMaxContextLength);
  check_range("positions", config.positions, config.first_position + config.context_length,
              2 * kMaxContextLength);
  check_range("token types", config.token_types, 1, kMaxWidth);
  check_range("pad id", config.pad_id, 0, config.vocabulary_size - 1);
  check_range("projection width", config.projection_width, 0, kMaxWidth);
}

TowerDescription describe_tower(const BertConfig& config) {
  return describe_transformer("BERT", title_of(config.pooling), config);
}

std::int64_t widest_activation(const Bert& tower) {
  return std::max(tower.config.mlp_width, 3 * tower.config.width);
}

Bert declare_tower(ParameterTable& table, const BertConfig& config, int embedding_width) {
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
        declare_tower_layer(table, "bert.encoder.layer." + std::to_string(i), config));
  tower.projection = declare_tower_projection(table, config, embedding_width);
  return tower;
}

std::span<const std::int32_t> reaching_tokens(const Bert& tower,
                                              std::span<const std::int32_t> row) {
  const std::int32_t pad = tower.config.pad_id;
  const auto end = std::find(row.begin(), row.end(), pad);
  const bool only_padding_after =
      std::all_of(end, row.end(), [pad](std::int32_t id) { return id == pad; });
  if (end == row.begin() || !only_padding_after) {
    fail(ErrorCode::invalid_argument,
         "tokens: got padding (id {}) at {}, expected a text with padding only after it", pad,
         end - row.begin());
  }
  return row.first(static_cast<std::size_t>(end - row.begin()));
}

}  // namespace diptych::network
