#include "network/towers/text_transformer.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "network/blocks/sinusoids.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

/// Place of the end-of-text token; of the last one when there is none.
std::size_t end_of_text(const TextTransformerConfig& config, std::span<const std::int32_t> row) {
  const auto end = config.end_of_text_id == kLargestId
                       ? std::max_element(row.begin(), row.end())
                       : std::find(row.begin(), row.end(), config.end_of_text_id);
  return end == row.end() ? row.size() - 1 : static_cast<std::size_t>(end - row.begin());
}

/// The published weights of CoCa were trained with a mask of padding that is shifted by one place:
/// the first place is always seen, any other one when the token before it is no padding. So the
/// class token sees the first padding token, and itself only after a row without padding. What is
/// not seen is left out.
void append_with_class_token(const TextTransformerConfig& config, std::span<const std::int32_t> row,
                             Tokens& tokens) {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> places;
  for (std::size_t place = 0; place < row.size(); ++place) {
    if (place > 0 && row[place - 1] == config.pad_id) continue;
    ids.push_back(row[place]);
    places.push_back(static_cast<std::int32_t>(place));
  }
  const bool masked = row.back() == config.pad_id;
  ids.push_back(masked ? masked_class_token_id(config) : class_token_id(config));
  places.push_back(static_cast<std::int32_t>(row.size()));
  tokens.append(ids, places);
}

void append_without_padding(std::int32_t pad, std::span<const std::int32_t> row, Tokens& tokens) {
  if (row.front() == pad) {
    fail(ErrorCode::invalid_argument,
         "tokens: got padding (id {}) at 0, expected the token that is pooled", pad);
  }
  std::vector<std::int32_t> ids;
  std::copy_if(row.begin(), row.end(), std::back_inserter(ids),
               [pad](std::int32_t id) { return id != pad; });
  tokens.append(ids);
}

}  // namespace

void validate_tower(const TextTransformerConfig& config, int embedding_width) {
  check_texts(config);
  check_transformer("text", config);
  if (config.pooling == TextPooling::class_token && !config.causal)
    fail(ErrorCode::invalid_argument,
         "model config: text pooling: got a class token without the causal mask");
  if (config.pooling == TextPooling::first) {
    if (config.causal)
      fail(ErrorCode::invalid_argument,
           "model config: text pooling: got the first token under the causal mask");
    check_range("pad_id", config.pad_id, 0, config.vocabulary_size - 1);
  }
  check_projection("text width", config.projection, config.width, embedding_width);
  if (!config.sinusoids) return;
  check_range("text width", config.width, 4, kMaxWidth);
  check_divides("sine and cosine", 2, "text width", config.width);
  if (config.pooling == TextPooling::class_token)
    fail(ErrorCode::invalid_argument,
         "model config: text pooling: got a class token and sinusoids");
}

TowerDescription describe_tower(const TextTransformerConfig& config) {
  return describe_transformer("text transformer", title_of(config.pooling), config);
}

std::int64_t widest_activation(const TextTransformer& tower) {
  return std::max(tower.config.mlp_width, 3 * tower.config.width);
}

TextTransformer declare_tower(ParameterTable& table, const TextTransformerConfig& config,
                              int embedding_width) {
  TextTransformer tower{.config = config};
  const bool class_token = config.pooling == TextPooling::class_token;
  if (!config.sinusoids) {
    tower.positional_embedding = table.declare(
        "positional_embedding", {config.context_length + (class_token ? 1 : 0), config.width},
        Initialiser::normal(0.01F));
  }
  if (class_token) {
    tower.class_embedding = table.declare("cls_emb", {config.width}, Initialiser::normal(0.01F));
  }
  tower.projection = declare_projection(table, "text_projection", config.projection, config.width,
                                        embedding_width);
  tower.blocks =
      declare_residual_blocks(table, "transformer.resblocks", residual_blocks_config(config));
  tower.token_embedding = table.declare(
      "token_embedding.weight", {config.vocabulary_size, config.width}, Initialiser::normal(0.02F));
  tower.norm_final = declare_norm(table, "ln_final", config.width, config.norm_epsilon);
  return tower;
}

bool sees_padding(const TextTransformer& tower) {
  switch (tower.config.pooling) {
    case TextPooling::end_of_text:
      return !tower.config.causal;
    case TextPooling::first:
      return false;
    case TextPooling::last:
    case TextPooling::class_token:
      return true;
  }
  fail(ErrorCode::internal, "unknown text pooling {}", static_cast<int>(tower.config.pooling));
}

void append_reaching_tokens(const TextTransformer& tower, std::span<const std::int32_t> row,
                            Tokens& tokens) {
  const TextTransformerConfig& config = tower.config;
  if (config.pooling == TextPooling::class_token)
    return append_with_class_token(config, row, tokens);
  if (config.pooling == TextPooling::first)
    return append_without_padding(config.pad_id, row, tokens);
  if (!config.causal || config.pooling == TextPooling::last) return tokens.append(row);
  tokens.append(row.first(end_of_text(config, row) + 1));
}

AppendedClassTokens appended_class_tokens(const TextTransformer& tower, const Tokens& tokens) {
  AppendedClassTokens texts{.sequences = tokens.sequences};
  for (int i = 0; i < tokens.sequences.count(); ++i) {
    const int begin = tokens.sequences.begin(i);
    const int last = begin + tokens.sequences.length(i) - 1;
    const bool masked =
        tokens.ids[static_cast<std::size_t>(last)] == masked_class_token_id(tower.config);
    const int seen = tokens.sequences.length(i) - (masked ? 1 : 0);
    for (int row = begin; row < begin + seen; ++row) texts.seen_rows.push_back(row);
    texts.seen.append(seen);
  }
  return texts;
}

Tokens without_class_tokens(const Tokens& tokens) {
  Tokens texts;
  for (int i = 0; i < tokens.sequences.count(); ++i) {
    const auto begin = static_cast<std::size_t>(tokens.sequences.begin(i));
    const auto count = static_cast<std::size_t>(tokens.sequences.length(i)) - 1;
    texts.append(std::span(tokens.ids).subspan(begin, count),
                 std::span(tokens.places).subspan(begin, count));
  }
  return texts;
}

std::vector<std::int32_t> first_row_last(const Sequences& sequences) {
  std::vector<std::int32_t> rows;
  for (int i = 0; i < sequences.count(); ++i) {
    const int begin = sequences.begin(i);
    for (int row = 1; row < sequences.length(i); ++row) rows.push_back(begin + row);
    rows.push_back(begin);
  }
  return rows;
}

std::vector<float> sinusoids_of(const TextTransformer& tower, const Tokens& tokens) {
  std::vector<std::int32_t> positions = tokens.places;
  for (std::int32_t& position : positions) position += tower.config.pad_id + 1;
  return sinusoids(positions, tower.config.width);
}

std::vector<std::int32_t> pooled_rows(const TextTransformer& tower, const Tokens& tokens) {
  const TextTransformerConfig& config = tower.config;
  if (config.pooling == TextPooling::first) return tokens.sequences.first_rows();
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
