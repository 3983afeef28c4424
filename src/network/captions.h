#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "network/model.h"

namespace diptych::network {

/// The rows of a cache that are seen. In a cache every sequence has its newest row first: without a
/// mask, the order of keys does not matter.
struct SeenRows {
  Sequences sequences;
  std::vector<std::int32_t> rows;
};

/// Captions that grow by one token a step, the same number of each picture, a picture's side by
/// side. Keys and values of all tokens before are kept, so that a step computes one row a caption.
template <typename Tensor>
struct Captions {
  int pictures = 0;
  int picture_tokens = 0;                      ///< of each picture
  std::vector<std::vector<std::int32_t>> ids;  ///< of every caption, all of one length
  std::vector<Tensor> text_keys_values;        ///< of the text tower's blocks
  std::vector<Tensor> decoder_keys_values;     ///< of the decoder's blocks
  std::vector<Tensor> picture_keys_values;     ///< of its cross-attention

  int count() const { return static_cast<int>(ids.size()); }
  int length() const { return ids.empty() ? 0 : static_cast<int>(ids.front().size()); }
};

/// Which tokens of captions of equal length the text tower's blocks see. Under the shifted mask
/// that CoCa's published weights were trained with (network/towers/text_transformer.cpp) a token
/// after the padding id is not seen; that id is a word like any other, CLIP's "!".
SeenRows seen_tokens(std::span<const std::vector<std::int32_t>> captions, std::int32_t pad_id);

/// Rows of a cache of sequences of `length` that make it one of the sequences `chosen`.
std::vector<std::int32_t> rows_of_sequences(std::span<const std::int32_t> chosen, int length);

namespace caption_step {

/// What a block makes of captions' newest tokens x from their queries and rows [key, value].
template <Operations Ops>
typename Ops::Tensor attend(Ops& ops, const ResidualBlock& block, const typename Ops::Tensor& x,
                            const typename Ops::Tensor& query, const Sequences& queries,
                            const typename Ops::Tensor& keys_values, const Sequences& keys) {
  const int width = block.norm_1.width;
  const auto attended =
      ops.attention(query, ops.columns(keys_values, 0, width),
                    ops.columns(keys_values, width, width), block.heads, queries, keys, Mask::full);
  return finish_block(ops, block, x, attended);
}

/// A block over the captions, of which x is the newest tokens: their keys and values join the
/// cache.
template <Operations Ops>
typename Ops::Tensor self_attend(Ops& ops, const ResidualBlock& block,
                                 const typename Ops::Tensor& x, int length_before,
                                 typename Ops::Tensor& cache, const SeenRows& seen) {
  const int width = block.norm_1.width;
  const int captions = seen.sequences.count();
  const auto qkv =
      ops.linear(ops.norm(x, block.norm_1), block.query_key_value, Activation::none, nullptr);
  const auto newest = ops.columns(qkv, width, 2 * width);
  cache = length_before == 0
              ? newest
              : ops.prepend(newest, cache, Sequences::uniform(captions, length_before));
  const bool all = seen.sequences.tokens() == captions * (length_before + 1);
  return attend(ops, block, x, ops.columns(qkv, 0, width), Sequences::uniform(captions, 1),
                all ? cache : ops.rows(cache, seen.rows), seen.sequences);
}

/// A block over the pictures.
template <Operations Ops>
typename Ops::Tensor cross_attend(Ops& ops, const ResidualBlock& block,
                                  const typename Ops::Tensor& x, const Sequences& captions,
                                  const typename Ops::Tensor& cache, const Sequences& pictures) {
  const auto query =
      ops.linear(ops.norm(x, block.norm_1), block.query_key_value.slice(0, block.norm_1.width),
                 Activation::none, nullptr);
  return attend(ops, block, x, query, captions, cache, pictures);
}

template <Operations Ops>
void choose_rows(Ops& ops, std::vector<typename Ops::Tensor>& caches,
                 std::span<const std::int32_t> rows) {
  for (auto& cache : caches) cache = ops.rows(cache, rows);
}

}  // namespace caption_step

/// `each` captions of every picture, without a token yet. The model must have a decoder.
template <Operations Ops>
Captions<typename Ops::Tensor> begin_captions(Ops& ops, const Model& model, const Pixels& pixels,
                                              int each) {
  const auto& image = std::get<VisionTransformer>(model.image);
  const auto tokens = image_tokens(ops, image, pixels);
  Captions<typename Ops::Tensor> captions{.pictures = pixels.batch,
                                          .picture_tokens = image.config.pool_queries - 1};
  captions.ids.resize(static_cast<std::size_t>(pixels.batch) * static_cast<std::size_t>(each));
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
template <Operations Ops>
typename Ops::Tensor append_tokens(Ops& ops, const Model& model,
                                   Captions<typename Ops::Tensor>& captions,
                                   std::span<const std::int32_t> ids) {
  const auto& text = std::get<TextTransformer>(model.text);
  const MultimodalDecoder& decoder = *model.decoder;
  const int before = captions.length();
  const int count = captions.count();
  for (std::size_t i = 0; i < ids.size(); ++i) captions.ids[i].push_back(ids[i]);
  const std::vector<std::int32_t> places(ids.size(), before);
  auto x =
      ops.add(ops.embed(text.token_embedding, ids), ops.embed(text.positional_embedding, places));
  const SeenRows seen = seen_tokens(captions.ids, text.config.pad_id);
  for (std::size_t i = 0; i < text.blocks.size(); ++i) {
    x = caption_step::self_attend(ops, text.blocks[i], x, before, captions.text_keys_values[i],
                                  seen);
  }
  const SeenRows all{.sequences = Sequences::uniform(count, before + 1)};
  const Sequences of_pictures = Sequences::uniform(captions.pictures, count / captions.pictures);
  const Sequences pictures = Sequences::uniform(captions.pictures, captions.picture_tokens);
  for (std::size_t i = 0; i < decoder.blocks.size(); ++i) {
    x = caption_step::self_attend(ops, decoder.blocks[i], x, before,
                                  captions.decoder_keys_values[i], all);
    x = caption_step::cross_attend(ops, decoder.cross_attention[i].block, x, of_pictures,
                                   captions.picture_keys_values[i], pictures);
  }
  return ops.linear(ops.norm(x, decoder.norm_final), decoder.vocabulary, Activation::none, nullptr);
}

/// Puts captions in the places of others: caption i becomes what caption `chosen[i]` was, which
/// must be of picture `pictures[i / captions a picture]`. Of the pictures those remain.
template <Operations Ops>
void choose_captions(Ops& ops, Captions<typename Ops::Tensor>& captions,
                     std::span<const std::int32_t> chosen, std::span<const std::int32_t> pictures) {
  const auto rows = rows_of_sequences(chosen, captions.length());
  caption_step::choose_rows(ops, captions.text_keys_values, rows);
  caption_step::choose_rows(ops, captions.decoder_keys_values, rows);
  if (static_cast<int>(pictures.size()) < captions.pictures) {
    caption_step::choose_rows(ops, captions.picture_keys_values,
                              rows_of_sequences(pictures, captions.picture_tokens));
  }
  std::vector<std::vector<std::int32_t>> ids;
  for (const std::int32_t i : chosen) ids.push_back(captions.ids[static_cast<std::size_t>(i)]);
  captions.ids = std::move(ids);
  captions.pictures = static_cast<int>(pictures.size());
}

}  // namespace diptych::network
