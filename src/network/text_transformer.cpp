#include "network/text_transformer.h"

#include <algorithm>
#include <cmath>

namespace diptych::network {

TextTransformer declare_text_transformer(ParameterTable& table, const TextTransformerConfig& config,
                                         int embedding_width) {
  TextTransformer tower{.config = config};
  tower.positional_embedding = table.declare(
      "positional_embedding", {config.context_length, config.width}, Initialiser::normal(0.01F));
  tower.projection = declare_projection(table, "text_projection", config.width, embedding_width,
                                        1.0F / std::sqrt(static_cast<float>(config.width)));
  tower.blocks =
      declare_residual_blocks(table, "transformer.resblocks", residual_blocks_config(config));
  tower.token_embedding = table.declare(
      "token_embedding.weight", {config.vocabulary_size, config.width}, Initialiser::normal(0.02F));
  tower.norm_final = declare_norm(table, "ln_final", config.width, config.norm_epsilon);
  return tower;
}

std::span<const std::int32_t> reaching_tokens(const TextTransformer& tower,
                                              std::span<const std::int32_t> row) {
  const int end_id = tower.config.end_of_text_id;
  const auto end = end_id == kLargestId ? std::max_element(row.begin(), row.end())
                                        : std::find(row.begin(), row.end(), end_id);
  if (end == row.end()) return row;
  return row.first(static_cast<std::size_t>(end - row.begin()) + 1);
}

}  // namespace diptych::network
