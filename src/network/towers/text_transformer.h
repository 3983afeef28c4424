#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "network/blocks/appended_class_token.h"
#include "network/blocks/projection.h"
#include "network/blocks/residual_block.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// CLIP's rule for the end-of-text token: the first largest id of the text.
constexpr int kLargestId = -1;

/// Which row of a text transformer is the text's.
enum class TextPooling {
  end_of_text,
  last,   ///< of the row of ids, padding and all
  first,  ///< of the text, which is without padding then. Only without the causal mask.
  /// A class token's after the row of ids (CoCa, arXiv 2205.01917). Only under the causal mask.
  class_token,
};

constexpr auto words_of(TextPooling) {
  return std::to_array<Word<TextPooling>>(
      {{TextPooling::end_of_text, "end_of_text", "end-of-text token"},
       {TextPooling::last, "last", "last token"},
       {TextPooling::first, "first", "first token"},
       {TextPooling::class_token, "class_token", "class token"}});
}

/// CLIP's text transformer. Without the causal mask every token sees all of its row of ids, so that
/// padding is input like any other token.
struct TextTransformerConfig {
  static constexpr std::string_view kName = "text_transformer";

  int context_length = 77;
  int vocabulary_size = 49408;
  int width = 512;
  int heads = 8;
  int layers = 12;
  int mlp_width = 2048;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-5F;
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
  /// The id whose first occurrence ends and pools a text.
  int end_of_text_id = kLargestId;
  bool causal = true;
  TextPooling pooling = TextPooling::end_of_text;
  int pad_id = 0;  ///< the id that TextPooling::class_token and first do not look at
  /// Positions are computed (network/blocks/sinusoids.h) and embeddings scaled up to them, as in
  /// the first transformer (arXiv 1706.03762, sections 3.4 and 3.5); otherwise positions are
  /// learned.
  bool sinusoids = false;
  Projection projection = Projection::matrix;

  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("context_length", context_length);
    fields.required("vocabulary_size", vocabulary_size);
    visit_transformer(fields, *this);
    fields.exceptional("layer_scale", layer_scale, false);
    fields.exceptional("end_of_text_id", end_of_text_id, kLargestId);
    fields.defaulted("causal", causal);
    fields.defaulted("pooling", pooling);
    if (pooling == TextPooling::class_token || pooling == TextPooling::first)
      fields.required("pad_id", pad_id);
    fields.exceptional("sinusoids", sinusoids, false);
    fields.defaulted("projection", projection);
  }

  bool operator==(const TextTransformerConfig&) const = default;
};

/// Returns the id of a class token that a text tower appends: it has an id of its own after the
/// vocabulary.
inline int class_token_id(const TextTransformerConfig& config) {
  return config.vocabulary_size;
}
/// Returns the same where the class token does not see itself: after padding.
inline int masked_class_token_id(const TextTransformerConfig& config) {
  return config.vocabulary_size + 1;
}

/// CLIP's text tower: token and position embeddings, pre-norm blocks, ln_final of the pooled token,
/// projection.
struct TextTransformer {
  TextTransformerConfig config;
  ParameterId token_embedding = kAbsent;
  ParameterId class_embedding = kAbsent;       ///< of TextPooling::class_token
  ParameterId positional_embedding = kAbsent;  ///< of learned positions
  std::vector<ResidualBlock> blocks;
  Norm norm_final;
  OutputProjection projection;
};

/// See tower.h.
void validate_tower(const TextTransformerConfig& config, int embedding_width);
TowerDescription describe_tower(const TextTransformerConfig& config);
std::int64_t widest_activation(const TextTransformer& tower);
TextTransformer declare_tower(ParameterTable& table, const TextTransformerConfig& config,
                              int embedding_width);

/// Returns the sinusoids of all tokens' places, [tokens, width]. fairseq counts from its padding id
/// + 1.
std::vector<float> sinusoids_of(const TextTransformer& tower, const Tokens& tokens);

/// Returns the row of every text that is pooled.
std::vector<std::int32_t> pooled_rows(const TextTransformer& tower, const Tokens& tokens);

/// Returns what the class tokens at the end of packed texts see.
AppendedClassTokens appended_class_tokens(const TextTransformer& tower, const Tokens& tokens);
/// Returns the texts without their class tokens.
Tokens without_class_tokens(const Tokens& tokens);
/// Returns the rows that put what stands before every sequence after it.
std::vector<std::int32_t> first_row_last(const Sequences& sequences);

/// Returns embedded tokens, a class token after each text where there are such.
template <SequenceOperations Ops>
typename Ops::Tensor embed_tokens(Ops& ops, const TextTransformer& tower, const Tokens& tokens) {
  if (tower.config.pooling != TextPooling::class_token)
    return ops.embed(tower.token_embedding, ops.indices(tokens.ids));
  const Tokens texts = without_class_tokens(tokens);
  const std::vector<std::int32_t> one_each(static_cast<std::size_t>(tokens.sequences.count()), 0);
  const auto with_class_tokens =
      ops.prepend(ops.embed(tower.class_embedding, ops.indices(one_each)),
                  ops.embed(tower.token_embedding, ops.indices(texts.ids)), texts.sequences);
  return ops.rows(with_class_tokens, ops.indices(first_row_last(tokens.sequences)));
}

/// Returns what the blocks take: embedded tokens and where they stand.
template <SequenceOperations Ops>
typename Ops::Tensor embed_places(Ops& ops, const TextTransformer& tower, const Tokens& tokens) {
  const auto x = embed_tokens(ops, tower, tokens);
  if (!tower.config.sinusoids)
    return ops.add(x, ops.embed(tower.positional_embedding, ops.indices(tokens.places)));
  return ops.add_constants(x, std::sqrt(static_cast<float>(tower.config.width)),
                           sinusoids_of(tower, tokens));
}

/// Returns features [texts, embedding width], not normalised. The texts are as
/// `append_reaching_tokens` leaves them.
template <SequenceOperations Ops>
typename Ops::Tensor text_tower(Ops& ops, const TextTransformer& tower, const Tokens& tokens) {
  auto x = embed_places(ops, tower, tokens);
  if (tower.config.pooling == TextPooling::class_token) {
    x = class_tokens_after_blocks(ops, tower.blocks, x, appended_class_tokens(tower, tokens));
    return project(ops, tower.projection, ops.norm(x, tower.norm_final));
  }
  const Mask mask = tower.config.causal ? Mask::causal : Mask::full;
  x = pooled_residual_blocks(ops, tower.blocks, x, tokens.sequences, mask,
                             pooled_rows(tower, tokens));
  return project(ops, tower.projection, ops.norm(x, tower.norm_final));
}

/// Returns whether padding after a text can change its feature: where the mask does not keep it
/// out, or where a class token comes after it.
bool sees_padding(const TextTransformer& tower);

/// Appends the part of a padded row of ids that can reach the answer. Under a causal mask up to and
/// with the end-of-text token (the whole row when it has none), otherwise all of it, without
/// padding where the first token is pooled. A class token is appended as an id of its own
/// (network/config.h). Throws Error(invalid_argument) for a row whose pooled first token is
/// padding.
void append_reaching_tokens(const TextTransformer& tower, std::span<const std::int32_t> row,
                            Tokens& tokens);

}  // namespace diptych::network
