#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/operations/operations.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// What of a text's last hidden states its feature is made of.
enum class BertPooling {
  class_token,  ///< the first token's, as they are: BERT's pooler takes no part
  mean,         ///< the mean over all tokens
};

constexpr auto words_of(BertPooling) {
  return std::to_array<Word<BertPooling>>({{BertPooling::class_token, "class_token", "class token"},
                                           {BertPooling::mean, "mean", "mean"}});
}

/// BERT (arXiv 1810.04805) and what differs from it in sizes and positions only, RoBERTa
/// (1907.11692) and XLM-R (1911.02116). Defaults are those of Chinese-CLIP's base text tower.
struct BertConfig {
  static constexpr std::string_view kName = "bert";

  int context_length = 52;  ///< the longest text, in tokens; the position table may be longer
  int vocabulary_size = 21128;
  int width = 768;
  int heads = 12;
  int layers = 12;
  int mlp_width = 3072;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-12F;
  int positions = 512;     ///< rows of the position table
  int first_position = 0;  ///< row of a text's first token: RoBERTa counts from its padding id + 1
  int token_types = 2;     ///< rows of the token type table, of which the first is used
  int pad_id = 0;          ///< fills a row after its text
  BertPooling pooling = BertPooling::class_token;
  /// Width between the two layers of the projection; 0: it is one layer.
  int projection_width = 0;

  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("context_length", context_length);
    fields.required("vocabulary_size", vocabulary_size);
    visit_transformer(fields, *this);
    fields.required("positions", positions);
    fields.required("first_position", first_position);
    fields.required("token_types", token_types);
    fields.required("pad_id", pad_id);
    fields.required("pooling", pooling);
    fields.exceptional("projection_width", projection_width, 0);
  }

  bool operator==(const BertConfig&) const = default;
};

/// A post-norm transformer block: x = norm(x + attention(x)); x = norm(x + mlp(x)).
struct BertLayer {
  std::string name;        ///< all of its parameters begin with it
  Linear query_key_value;  ///< stacked in that order, [3 width, width]
  Linear attention_output;
  Norm attention_norm;
  Linear mlp_in;
  Linear mlp_out;
  Norm mlp_norm;
};

/// BERT as a text tower: the sum of word, position and token type embeddings, normalised; post-norm
/// blocks without a mask; pooling; projection. Padding is left out, which is what a mask over it
/// comes to.
struct Bert {
  BertConfig config;
  ParameterId word_embedding = kAbsent;
  ParameterId position_embedding = kAbsent;
  ParameterId token_type_embedding = kAbsent;
  Norm embedding_norm;
  std::vector<BertLayer> layers;
  std::vector<Linear> projection;  ///< one layer, or two with a GELU between
};

/// See tower.h.
void validate_tower(const BertConfig& config, int embedding_width);
TowerDescription describe_tower(const BertConfig& config);
std::int64_t widest_activation(const Bert& tower);
Bert declare_tower(ParameterTable& table, const BertConfig& config, int embedding_width);

template <SequenceOperations Ops>
typename Ops::Tensor bert_embeddings(Ops& ops, const Bert& tower, const Tokens& tokens) {
  std::vector<std::int32_t> positions = tokens.sequences.positions();
  for (std::int32_t& position : positions) position += tower.config.first_position;
  const std::vector<std::int32_t> first_type(tokens.ids.size(), 0);
  const auto words = ops.add(ops.embed(tower.word_embedding, ops.indices(tokens.ids)),
                             ops.embed(tower.token_type_embedding, ops.indices(first_type)));
  return ops.norm(ops.add(words, ops.embed(tower.position_embedding, ops.indices(positions))),
                  tower.embedding_norm);
}

/// Computes what follows the attention in a block that `x` went into.
template <SequenceOperations Ops>
typename Ops::Tensor bert_mlp(Ops& ops, const Bert& tower, const BertLayer& layer,
                              const typename Ops::Tensor& attended, const typename Ops::Tensor& x) {
  const auto y = ops.norm(ops.linear(attended, layer.attention_output, Activation::none, &x),
                          layer.attention_norm);
  return ops.norm(ops.mlp(y, layer.mlp_in, tower.config.activation, layer.mlp_out, &y),
                  layer.mlp_norm);
}

template <SequenceOperations Ops>
typename Ops::Tensor bert_layer(Ops& ops, const Bert& tower, const BertLayer& layer,
                                const typename Ops::Tensor& x,
                                const typename Ops::Pattern& pattern) {
  const auto body = [&tower, &layer, pattern](Ops& ops, const typename Ops::Tensor& x) {
    const int width = tower.config.width;
    const auto qkv = ops.linear(x, layer.query_key_value, Activation::none, nullptr);
    const auto attended =
        ops.attention(ops.columns(qkv, 0, width), ops.columns(qkv, width, width),
                      ops.columns(qkv, 2 * width, width), tower.config.heads, pattern);
    return bert_mlp(ops, tower, layer, attended, x);
  };
  return ops.block(layer.name, body, x);
}

/// Computes the last block of a tower that uses one row of every sequence: keys and values of all
/// rows `x`, everything else only for those `pooled` (one a sequence, in order).
template <SequenceOperations Ops>
typename Ops::Tensor pooled_bert_layer(Ops& ops, const Bert& tower, const BertLayer& layer,
                                       const typename Ops::Tensor& pooled,
                                       const typename Ops::Tensor& x,
                                       const typename Ops::Pattern& pattern) {
  const auto body = [&tower, &layer, pattern](Ops& ops, const typename Ops::Tensor& pooled,
                                              const typename Ops::Tensor& x) {
    const int width = tower.config.width;
    const auto query =
        ops.linear(pooled, layer.query_key_value.slice(0, width), Activation::none, nullptr);
    const auto key_value =
        ops.linear(x, layer.query_key_value.slice(width, 2 * width), Activation::none, nullptr);
    const auto attended =
        ops.attention(query, ops.columns(key_value, 0, width), ops.columns(key_value, width, width),
                      tower.config.heads, pattern);
    return bert_mlp(ops, tower, layer, attended, pooled);
  };
  return ops.block(layer.name, body, pooled, x);
}

/// Computes the last block, and returns what is pooled of it: [texts, width].
template <SequenceOperations Ops>
typename Ops::Tensor pool_last_bert_layer(Ops& ops, const Bert& tower,
                                          const typename Ops::Tensor& x, const Tokens& tokens,
                                          const typename Ops::Pattern& pattern) {
  const BertLayer& last = tower.layers.back();
  if (tower.config.pooling == BertPooling::mean)
    return ops.mean_rows(bert_layer(ops, tower, last, x, pattern), tokens.sequences);
  const auto first_rows = ops.rows(x, ops.indices(tokens.sequences.first_rows()));
  return pooled_bert_layer(ops, tower, last, first_rows, x,
                           ops.pattern(AttentionPattern::pooling(tokens.sequences)));
}

/// Returns features [texts, embedding width], not normalised.
template <SequenceOperations Ops>
typename Ops::Tensor text_tower(Ops& ops, const Bert& tower, const Tokens& tokens) {
  auto x = bert_embeddings(ops, tower, tokens);
  const auto pattern = ops.pattern(AttentionPattern::within(tokens.sequences, Mask::full));
  for (std::size_t i = 0; i + 1 < tower.layers.size(); ++i)
    x = bert_layer(ops, tower, tower.layers[i], x, pattern);
  x = pool_last_bert_layer(ops, tower, x, tokens, pattern);
  for (std::size_t i = 0; i + 1 < tower.projection.size(); ++i)
    x = ops.linear(x, tower.projection[i], Activation::gelu, nullptr);
  return ops.linear(x, tower.projection.back(), Activation::none, nullptr);
}

/// Returns a padded row of ids without its padding. Throws Error(invalid_argument) when nothing is
/// left or padding comes before the text's end: what the tower would have to make of that is not
/// defined.
std::span<const std::int32_t> reaching_tokens(const Bert& tower, std::span<const std::int32_t> row);

}  // namespace diptych::network
