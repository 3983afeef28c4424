#pragma once

#include <cstdint>
#include <vector>

#include "network/model.h"

namespace diptych::network {

/// What a decoder reads of packed captions, and the ids that it is to say next.
struct CaptionTargets {
  Sequences sequences;             ///< of the tokens read, one a caption
  std::vector<std::int32_t> rows;  ///< of them, among the packed tokens
  std::vector<std::int32_t> next;  ///< after each of them; kNothing where there is nothing to learn

  static constexpr std::int32_t kNothing = -1;
  /// Returns how many of `next` are to be learnt.
  std::int64_t count() const;
};

/// Returns what a decoder is to learn: it learns all ids after the first up to the end of the text,
/// but no padding. Under a causal mask what comes after the last of them is not computed. The rare
/// token that the text tower does not see, for following the id of padding, is neither read nor
/// learnt.
CaptionTargets caption_targets(const TextTransformer& tower, const Tokens& tokens);

/// What a model with a decoder makes of pictures and their captions.
template <typename Tensor>
struct CaptionedPairs {
  Tensor images;  ///< features [pairs, embedding width], not normalised
  Tensor texts;
  Tensor logits;  ///< [targets, vocabulary]
};

namespace caption_training {

/// Returns the pooled rows of all learned queries, normalised: of each picture the one that gives
/// the feature, and after it what a decoder reads.
template <Operations Ops>
typename Ops::Tensor pooled_pictures(Ops& ops, const VisionTransformer& tower, const Pixels& pixels,
                                     const PatchSelection& selection) {
  const VisionTransformerConfig& config = tower.config;
  const Sequences sequences = row_sequences(config, selection);
  auto x = embedded_rows(ops, tower, pixels, selection);
  x = residual_blocks(ops, tower.blocks, x, AttentionPattern::within(sequences, Mask::full));
  x = query_pool(ops, *tower.query_pool, x, sequences, config.pool_queries);
  return ops.norm(x, tower.norm_post);
}

/// Computes a block in which captions read their pictures.
template <SequenceOperations Ops>
typename Ops::Tensor cross_block(Ops& ops, const CrossAttentionBlock& cross,
                                 const typename Ops::Tensor& x,
                                 const typename Ops::Tensor& pictures,
                                 const typename Ops::Pattern& pattern) {
  const auto body = [&cross, pattern](Ops& ops, const typename Ops::Tensor& x,
                                      const typename Ops::Tensor& pictures) {
    const ResidualBlock& block = cross.block;
    const int width = block.norm_1.width;
    const auto query = ops.linear(ops.norm(x, block.norm_1), block.query_key_value.slice(0, width),
                                  Activation::none, nullptr);
    const auto key_value =
        ops.linear(ops.norm(pictures, cross.norm_key_value),
                   block.query_key_value.slice(width, 2 * width), Activation::none, nullptr);
    const auto attended = ops.attention(query, ops.columns(key_value, 0, width),
                                        ops.columns(key_value, width, width), block.heads, pattern);
    return finish_block(ops, block, x, attended);
  };
  return ops.block(cross.block.name, body, x, pictures);
}

/// Returns the decoder's logits [targets, vocabulary] from the text tower's rows of the targets and
/// the pictures' rows.
template <SequenceOperations Ops>
typename Ops::Tensor next_token_logits(Ops& ops, const MultimodalDecoder& decoder,
                                       typename Ops::Tensor x, const CaptionTargets& targets,
                                       const typename Ops::Tensor& pictures,
                                       const Sequences& picture_sequences) {
  const auto captions = ops.pattern(AttentionPattern::within(targets.sequences, Mask::causal));
  const auto captions_and_pictures =
      ops.pattern(AttentionPattern::between(targets.sequences, picture_sequences));
  for (std::size_t i = 0; i < decoder.blocks.size(); ++i) {
    x = residual_block(ops, decoder.blocks[i], x, captions);
    x = cross_block(ops, decoder.cross_attention[i], x, pictures, captions_and_pictures);
  }
  return ops.linear(ops.norm(x, decoder.norm_final), decoder.vocabulary, Activation::none, nullptr);
}

}  // namespace caption_training

/// Returns the features of both towers and the decoder's logits, in one pass through each tower.
/// `tokens` are packed with their class tokens.
template <Operations Ops>
CaptionedPairs<typename Ops::Tensor> captioned_pairs(Ops& ops, const Model& model,
                                                     const Pixels& pixels,
                                                     const PatchSelection& selection,
                                                     const Tokens& tokens,
                                                     const CaptionTargets& targets) {
  const auto& image = std::get<VisionTransformer>(model.image);
  const auto& text = std::get<TextTransformer>(model.text);
  const int queries = image.config.pool_queries;
  CaptionedPairs<typename Ops::Tensor> pairs;

  const auto pooled = caption_training::pooled_pictures(ops, image, pixels, selection);
  const Sequences of_queries = Sequences::uniform(pixels.batch, queries);
  pairs.images =
      project(ops, image.projection, ops.rows(pooled, ops.indices(of_queries.first_rows())));
  const auto pictures = ops.rows(pooled, ops.indices(rows_after_first(pixels.batch, queries)));

  const AppendedClassTokens texts = appended_class_tokens(text, tokens);
  const auto pattern = ops.pattern(texts.pattern());
  auto x = embed_places(ops, text, tokens);
  for (const ResidualBlock& block : text.blocks) x = residual_block(ops, block, x, pattern);
  const auto class_tokens = ops.rows(x, ops.indices(texts.class_rows()));
  pairs.texts = project(ops, text.projection, ops.norm(class_tokens, text.norm_final));

  pairs.logits = caption_training::next_token_logits(
      ops, *model.decoder, ops.rows(x, ops.indices(targets.rows)), targets, pictures,
      Sequences::uniform(pixels.batch, queries - 1));
  return pairs;
}

}  // namespace diptych::network
