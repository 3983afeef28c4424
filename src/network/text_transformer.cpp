#include "network/text_transformer.h"

#include <algorithm>

namespace diptych::network {
namespace {

/// Place of the end-of-text token; of the last one when there is none.
std::size_t end_of_text(const TextTransformerConfig& config, std::span<const std::int32_t> row) {
  const auto end = config.end_of_text_id == kLargestId
                       ? std::max_element(row.begin(), row.end())
                       : std::find(row.begin(), row.end(), config.end_of_text_id);
  return end == row.end() ? row.size() - 1 : static_cast<std::size_t>(end - row.begin());
}

}  // namespace

TextTransformer declare_text_transformer(ParameterTable& table, const TextTransformerConfig& config,
                                         int embedding_width) {
  TextTransformer tower{.config = config};
  tower.positional_embedding = table.declare(
      "positional_embedding", {config.context_length, config.width}, Initialiser::normal(0.01F));
  tower.projection = declare_projection(table, "text_projection", config.projection, config.width,
                                        embedding_width);
  tower.blocks =
      declare_residual_blocks(table, "transformer.resblocks", residual_blocks_config(config));
  tower.token_embedding = table.declare(
      "token_embedding.weight", {config.vocabulary_size, config.width}, Initialiser::normal(0.02F));
  tower.norm_final = declare_norm(table, "ln_final", config.width, config.norm_epsilon);
  return tower;
}

std::span<const std::int32_t> reaching_tokens(const TextTransformer& tower,
                                              std::span<const std::int32_t> row) {
  const TextTransformerConfig& config = tower.config;
  if (!config.causal || config.pooling == TextPooling::last || row.empty()) return row;
  return row.first(end_of_text(config, row) + 1);
}

std::vector<std::int32_t> pooled_rows(const TextTransformer& tower, const Tokens& tokens) {
  const TextTransformerConfig& config = tower.config;
  std::vector<std::int32_t> rows = tokens.sequences.last_rows();
  if (config.causal || config.pooling == TextPooling::last) return rows;
  for (int i = 0; i < tokens.sequences.count(); ++i) {
    const int begin = tokens.sequences.begin(i);
    const auto text = std::span(tokens.ids)
                          .subspan(static_cast<std::size_t>(begin),
                                   static_cast<std::size_t>(tokens.sequences.length(i)));
    rows[static_cast<std::size_t>(i)] =
        begin + static_cast<std::int32_t>(end_of_text(config, text));
  }
  return rows;
}

}  // namespace diptych::network
