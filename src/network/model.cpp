#include "network/model.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace diptych::network {
namespace {

/// The scale CLIP starts from: 1 / 0.07.
const float kInitialLogitScale = std::log(1.0F / 0.07F);
/// Where a model with a bias starts (SigLIP, arXiv 2303.15343, section 3.2): most pairs of a batch
/// are negatives, and the bias makes that the first guess.
const float kInitialBiasedLogitScale = std::log(10.0F);
constexpr float kInitialLogitBias = -10.0F;

void append_reaching_tokens(const Bert& tower, std::span<const std::int32_t> row, Tokens& tokens) {
  tokens.append(reaching_tokens(tower, row));
}

/// A BERT's padding is masked.
bool sees_padding(const Bert& /*tower*/) {
  return false;
}

void check_length(const ModelConfig& config, std::size_t length, const char* what) {
  if (!has_text_tower(config)) refuse_texts();
  const int longest = context_length(config.text);
  if (length < 1 || length > static_cast<std::size_t>(longest)) {
    fail(ErrorCode::invalid_argument, "tokens: got {} of {}, expected 1 to {}", what, length,
         longest);
  }
}

void check_ids(const ModelConfig& config, std::span<const std::int32_t> ids) {
  const int vocabulary = vocabulary_size(config.text);
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary) {
      fail(ErrorCode::invalid_argument, "tokens: got id {}, expected 0 to {}", id, vocabulary - 1);
    }
  }
}

void append_row(const Model& model, std::span<const std::int32_t> row, Tokens& tokens) {
  std::visit([&](const auto& tower) { append_reaching_tokens(tower, row, tokens); }, model.text);
}

}  // namespace

Model make_model(const ModelConfig& config) {
  validate(config);
  Model model{.config = config};
  ParameterTable& table = model.parameters;
  const int width = config.embedding_width;
  model.image = std::visit(
      [&](const auto& tower) -> ImageTowers::Tower { return declare_tower(table, tower, width); },
      config.image);
  model.text = std::visit(
      [&](const auto& tower) -> TextTowers::Tower { return declare_tower(table, tower, width); },
      config.text);
  if (config.decoder) {
    model.decoder =
        declare_multimodal_decoder(table, *config.decoder, vocabulary_size(config.text));
  }
  if (!has_image_tower(config) || !has_text_tower(config)) return model;
  const float scale = config.logit_bias ? kInitialBiasedLogitScale : kInitialLogitScale;
  model.logit_scale = table.declare("logit_scale", {}, Initialiser::constant(scale));
  if (config.logit_bias) {
    model.logit_bias = table.declare("logit_bias", {}, Initialiser::constant(kInitialLogitBias));
  }
  return model;
}

Tokens pack_tokens(const Model& model, std::span<const std::int32_t> ids, int length) {
  const auto row_size = static_cast<std::size_t>(std::max(length, 0));
  check_length(model.config, row_size, "rows");
  if (ids.size() % row_size != 0) {
    fail(ErrorCode::invalid_argument, "tokens: got {} ids, expected rows of {}", ids.size(),
         length);
  }
  check_ids(model.config, ids);
  Tokens tokens;
  for (std::size_t begin = 0; begin < ids.size(); begin += row_size) {
    append_row(model, ids.subspan(begin, row_size), tokens);
  }
  return tokens;
}

void append_text(const Model& model, std::span<const std::int32_t> ids, std::int32_t pad_id,
                 Tokens& tokens) {
  check_length(model.config, ids.size(), "a text");
  check_ids(model.config, ids);
  if (!std::visit([](const auto& tower) { return sees_padding(tower); }, model.text)) {
    return append_row(model, ids, tokens);
  }
  std::vector<std::int32_t> row(ids.begin(), ids.end());
  row.resize(static_cast<std::size_t>(context_length(model.config.text)), pad_id);
  check_ids(model.config, {&pad_id, 1});
  append_row(model, row, tokens);
}

void check_packed(const Model& model, const Tokens& tokens) {
  const auto* clip = std::get_if<TextTransformerConfig>(&model.config.text);
  const bool class_token = clip != nullptr && clip->pooling == TextPooling::class_token;
  const int longest = context_length(model.config.text) + (class_token ? 1 : 0);
  const int ids =
      class_token ? masked_class_token_id(*clip) + 1 : vocabulary_size(model.config.text);
  for (int i = 0; i < tokens.sequences.count(); ++i) {
    const int length = tokens.sequences.length(i);
    if (length < (class_token ? 2 : 1) || length > longest)
      fail(ErrorCode::invalid_argument, "text {}: got {} tokens, expected 1 to {}", i, length,
           longest);
  }
  for (const std::int32_t id : tokens.ids) {
    if (id < 0 || id >= ids)
      fail(ErrorCode::invalid_argument, "tokens: got id {}, expected 0 to {}", id, ids - 1);
  }
}

}  // namespace diptych::network
