#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "network/model.h"

namespace diptych::network {

/// Captions that grow by one token a step, the same number of each picture, a picture's side by
/// side. Keys and values of all tokens are kept, so that a step computes one row a caption: each
/// step's rows after those of the step before, in the same places of every block's cache. What a
/// caption shares with another, its own beginning or its picture, lies there once.
template <typename Tensor>
struct Captions {
  int picture_tokens = 0;                   ///< of each picture
  std::vector<std::int32_t> pictures;       ///< those that are still captioned, of those begun with
  std::vector<Tensor> picture_keys_values;  ///< of the decoder's cross-attention

  std::vector<std::vector<std::int32_t>> ids;          ///< of every caption, all of one length
  std::vector<std::vector<std::int32_t>> cached_rows;  ///< of every caption, a row a token
  int cache_rows = 0;
  std::vector<Tensor> text_keys_values;     ///< of the text tower's blocks
  std::vector<Tensor> decoder_keys_values;  ///< of the decoder's blocks

  int count() const { return static_cast<int>(ids.size()); }
  int length() const { return ids.empty() ? 0 : static_cast<int>(ids.front().size()); }
};

/// Appends a token to every caption, whose rows follow those in the cache.
template <typename Tensor>
void append_ids(Captions<Tensor>& captions, std::span<const std::int32_t> ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    captions.ids[i].push_back(ids[i]);
    captions.cached_rows[i].push_back(captions.cache_rows++);
  }
}

/// Makes the pattern of every caption's newest token, and the rows of its tokens in the cache,
/// newest first.
AttentionPattern newest_tokens_see(std::span<const std::vector<std::int32_t>> cached_rows);

/// Makes the same pattern in the text tower's blocks. Under the shifted mask that CoCa's published
/// weights were trained with (network/towers/text_transformer.cpp) a token after the padding id is
/// not seen; that id is a word like any other, CLIP's "!".
AttentionPattern newest_tokens_see(std::span<const std::vector<std::int32_t>> cached_rows,
                                   std::span<const std::vector<std::int32_t>> ids,
                                   std::int32_t pad_id);

/// Makes the pattern of the captions of every picture, `each` side by side, and the picture's
/// tokens.
AttentionPattern captions_see_pictures(std::span<const std::int32_t> pictures, int each,
                                       int picture_tokens);

namespace caption_step {

/// Computes a block over the captions, of which x is the newest tokens: their keys and values join
/// the cache.
template <SequenceOperations Ops>
typename Ops::Tensor self_attend(Ops& ops, const ResidualBlock& block,
                                 const typename Ops::Tensor& x, typename Ops::Tensor& cache,
                                 bool first_step, const typename Ops::Pattern& pattern) {
  const int width = block.norm_1.width;
  const auto qkv =
      ops.linear(ops.norm(x, block.norm_1), block.query_key_value, Activation::none, nullptr);
  const auto newest = ops.columns(qkv, width, 2 * width);
  cache = first_step ? newest : ops.append_rows(cache, newest);
  const auto attended = ops.attention(ops.columns(qkv, 0, width), ops.columns(cache, 0, width),
                                      ops.columns(cache, width, width), block.heads, pattern);
  return finish_block(ops, block, x, attended);
}

/// Computes a block over the pictures.
template <SequenceOperations Ops>
typename Ops::Tensor cross_attend(Ops& ops, const ResidualBlock& block,
                                  const typename Ops::Tensor& x,
                                  const typename Ops::Tensor& keys_values,
                                  const typename Ops::Pattern& pattern) {
  const int width = block.norm_1.width;
  const auto query = ops.linear(ops.norm(x, block.norm_1), block.query_key_value.slice(0, width),
                                Activation::none, nullptr);
  const auto attended = ops.attention(query, ops.columns(keys_values, 0, width),
                                      ops.columns(keys_values, width, width), block.heads, pattern);
  return finish_block(ops, block, x, attended);
}

}  // namespace caption_step

/// Begins `each` captions of every picture, without a token yet. The model must have a decoder.
template <Operations Ops>
Captions<typename Ops::Tensor> begin_captions(Ops& ops, const Model& model, const Pixels& pixels,
                                              int each) {
  const auto& image = std::get<VisionTransformer>(model.image);
  const auto tokens = image_tokens(ops, image, pixels);
  Captions<typename Ops::Tensor> captions{.picture_tokens = image.config.pool_queries - 1};
  captions.pictures = Sequences::uniform(1, pixels.batch).positions();
  captions.ids.resize(static_cast<std::size_t>(pixels.batch) * static_cast<std::size_t>(each));
  captions.cached_rows.resize(captions.ids.size());
  captions.text_keys_values.resize(std::get<TextTransformer>(model.text).blocks.size());
  captions.decoder_keys_values.resize(model.decoder->blocks.size());
  for (const CrossAttentionBlock& cross : model.decoder->cross_attention) {
    const int width = cross.norm_key_value.width;
    captions.picture_keys_values.push_back(
        ops.linear(ops.norm(tokens, cross.norm_key_value),
                   cross.block.query_key_value.slice(width, 2 * width), Activation::none, nullptr));
  }
  return captions;
}

/// Appends a token to every caption. Returns the logits of what may follow, [captions, vocabulary].
template <SequenceOperations Ops>
typename Ops::Tensor append_tokens(Ops& ops, const Model& model,
                                   Captions<typename Ops::Tensor>& captions,
                                   std::span<const std::int32_t> ids) {
  const auto& text = std::get<TextTransformer>(model.text);
  const MultimodalDecoder& decoder = *model.decoder;
  const std::vector<std::int32_t> places(ids.size(), captions.length());
  const bool first_step = captions.length() == 0;
  append_ids(captions, ids);
  auto x = ops.add(ops.embed(text.token_embedding, ops.indices(ids)),
                   ops.embed(text.positional_embedding, ops.indices(places)));
  const auto seen_words =
      ops.pattern(newest_tokens_see(captions.cached_rows, captions.ids, text.config.pad_id));
  for (std::size_t i = 0; i < text.blocks.size(); ++i) {
    x = caption_step::self_attend(ops, text.blocks[i], x, captions.text_keys_values[i], first_step,
                                  seen_words);
  }
  const auto all_words = ops.pattern(newest_tokens_see(captions.cached_rows));
  const int each = captions.count() / static_cast<int>(captions.pictures.size());
  const auto pictures =
      ops.pattern(captions_see_pictures(captions.pictures, each, captions.picture_tokens));
  for (std::size_t i = 0; i < decoder.blocks.size(); ++i) {
    x = caption_step::self_attend(ops, decoder.blocks[i], x, captions.decoder_keys_values[i],
                                  first_step, all_words);
    x = caption_step::cross_attend(ops, decoder.cross_attention[i].block, x,
                                   captions.picture_keys_values[i], pictures);
  }
  return ops.linear(ops.norm(x, decoder.norm_final), decoder.vocabulary, Activation::none, nullptr);
}

/// Puts captions in the places of others: caption i becomes what caption `chosen[i]` was, which
/// must be of picture `pictures[i / captions a picture]`. Of the pictures those remain.
template <typename Tensor>
void choose_captions(Captions<Tensor>& captions, std::span<const std::int32_t> chosen,
                     std::span<const std::int32_t> pictures) {
  const auto choose = [](auto& values, std::span<const std::int32_t> places) {
    std::remove_reference_t<decltype(values)> chosen_values;
    for (const std::int32_t i : places)
      chosen_values.push_back(values[static_cast<std::size_t>(i)]);
    values = std::move(chosen_values);
  };
  choose(captions.ids, chosen);
  choose(captions.cached_rows, chosen);
  choose(captions.pictures, pictures);
}

}  // namespace diptych::network
