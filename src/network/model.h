#pragma once

#include <optional>
#include <variant>

#include "base/error.h"
#include "network/config.h"

namespace diptych::network {

/// Two towers and what makes a score of their cosine similarity, or one of them alone, as a
/// description: the numbers are an executor's. CoCa's has a decoder besides, which writes captions
/// (network/captions.h).
struct Model {
  ModelConfig config;
  ParameterTable parameters;
  ImageTowers::Tower image;
  TextTowers::Tower text;
  std::optional<MultimodalDecoder> decoder;
  ParameterId logit_scale = kAbsent;  ///< natural logarithm, a scalar; of two towers
  ParameterId logit_bias = kAbsent;   ///< a scalar; where the config has it
};

/// Throws Error(invalid_argument) as `validate` does.
Model make_model(const ModelConfig& config);

template <Operations Ops>
typename Ops::Tensor image_features(Ops& ops, const Model& model, const Pixels& pixels) {
  return std::visit([&](const auto& tower) { return image_tower(ops, tower, pixels); },
                    model.image);
}

/// Does the same from some patches of every picture only (patch dropout). Throws
/// Error(invalid_argument) when the image tower has no patches.
template <Operations Ops>
typename Ops::Tensor image_features(Ops& ops, const Model& model, const Pixels& pixels,
                                    const PatchSelection& selection) {
  return std::visit(
      [&](const auto& tower) -> typename Ops::Tensor {
        if constexpr (requires { image_tower(ops, tower, pixels, selection); })
          return image_tower(ops, tower, pixels, selection);
        fail(ErrorCode::invalid_argument, "patch dropout: the image tower has no patches");
      },
      model.image);
}

/// Does the same with `merged` rows of each picture merged after the attention of every block but
/// the last; zero: none, for image towers that cannot (merges_rows).
template <Operations Ops>
typename Ops::Tensor image_features(Ops& ops, const Model& model, const Pixels& pixels,
                                    int merged) {
  if (merged == 0) return image_features(ops, model, pixels);
  ensure(merges_rows(model.config.image), "token merging: a tower that merges rows");
  return merging_image_tower(ops, std::get<VisionTransformer>(model.image), pixels, merged);
}

template <Operations Ops>
typename Ops::Tensor text_features(Ops& ops, const Model& model, const Tokens& tokens) {
  return std::visit([&](const auto& tower) { return text_tower(ops, tower, tokens); }, model.text);
}

/// Packs rows of `length` padded ids each, leaving out what cannot reach the answer. Throws
/// Error(invalid_argument) for an id outside the vocabulary, a row longer than the context, an
/// incomplete one, or, for a tower that attends to everything but padding, one whose padding is not
/// at its end.
Tokens pack_tokens(const Model& model, std::span<const std::int32_t> ids, int length);

/// Appends one text to packed ones, leaving out what cannot reach the answer: the same tokens that
/// `pack_tokens` makes of the row in which `pad_id` fills the text up to the context length, which
/// only a tower that sees padding is given. `ids` begin and end with their special tokens and are
/// not padded. Throws Error(invalid_argument) for no ids, more than the context holds, or one
/// outside the vocabulary. What serves a model and what trains it both pack by this.
void append_text(const Model& model, std::span<const std::int32_t> ids, std::int32_t pad_id,
                 Tokens& tokens);

/// Throws Error(invalid_argument) for packed texts that are empty, longer than the context, or have
/// an id outside the vocabulary.
void check_packed(const Model& model, const Tokens& tokens);

}  // namespace diptych::network
