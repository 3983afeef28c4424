#include "engine/layer_list.h"

#include <algorithm>

#include "network/captions.h"
#include "network/config.h"

namespace diptych::engine {
namespace {

using network::FeatureMap;
using network::Sequences;
using Numbers = std::span<const std::int32_t>;

/// Only notes which layers are asked for.
class ListingOperations : public network::ComposedOperations<ListingOperations> {
 public:
  struct Tensor {};
  struct Indices {};
  struct Pattern {};
  struct Rotation {};
  using Map = FeatureMap<Tensor>;

  Indices indices(Numbers) { return {}; }
  Pattern pattern(const network::AttentionPattern&) { return {}; }
  Rotation rotation(const network::RotaryTable&, Numbers) { return {}; }

  Tensor linear(const Tensor&, const network::Linear& layer, network::Activation, const Tensor*) {
    const auto same = [&](const network::Linear& other) {
      return other.weight == layer.weight && other.first_output == layer.first_output &&
             other.outputs == layer.outputs;
    };
    if (std::none_of(list_.linears.begin(), list_.linears.end(), same))
      list_.linears.push_back(layer);
    return {};
  }
  Tensor norm(const Tensor&, const network::Norm& norm) {
    const auto same = [&](const network::Norm& other) { return other.weight == norm.weight; };
    if (std::none_of(list_.norms.begin(), list_.norms.end(), same)) list_.norms.push_back(norm);
    return {};
  }
  Tensor attention(const Tensor&, const Tensor&, const Tensor&, int, const Pattern&) { return {}; }
  Tensor rotate(const Tensor&, const Rotation&) { return {}; }
  Tensor columns(const Tensor&, int, int) { return {}; }
  Tensor rows(const Tensor&, const Indices&) { return {}; }
  Tensor embed(network::ParameterId parameter, const Indices&) {
    list_.embeddings.push_back(parameter);
    return {};
  }
  Tensor concatenate(const Tensor&, const Tensor&) { return {}; }
  Tensor mean_rows(const Tensor&, const Sequences&) { return {}; }
  Tensor mix_rows(const Tensor&, const network::RowMixture&) { return {}; }
  std::vector<network::NearestRow> nearest_rows(const Tensor&, int, const Sequences&) { return {}; }
  Tensor add(const Tensor&, const Tensor&) { return {}; }
  Tensor add_constants(const Tensor&, float, std::span<const float>) { return {}; }
  Tensor multiply(const Tensor&, const Tensor&) { return {}; }
  Tensor scale(const Tensor&, network::ParameterId parameter) {
    list_.scales.push_back(parameter);
    return {};
  }
  Tensor activate(const Tensor&, network::Activation) { return {}; }
  Map feature_map(const network::Pixels&) { return {}; }
  Map convolution(const Map&, const network::Convolution& layer, network::Activation, const Map*) {
    list_.convolutions.push_back(layer);
    return {};
  }
  Map average_pool(const Map&, int, int) { return {}; }
  Map depthwise_convolution(const Map&, const network::DepthwiseConvolution& layer) {
    list_.depthwise_convolutions.push_back(layer);
    return {};
  }
  Map merge_places(const Map&, int) { return {}; }
  Tensor repeat_columns(const Tensor&, int) { return {}; }

  LayerList take() { return std::move(list_); }

 private:
  LayerList list_;
};
static_assert(network::Operations<ListingOperations>);

void ask_for_pictures(ListingOperations& operations, const network::Model& model) {
  const int side = network::image_size(model.config.image);
  const network::Pixels picture{.data = nullptr, .batch = 1, .height = side, .width = side};
  network::image_features(operations, model, picture);
  if (!model.decoder) return;
  auto captions = network::begin_captions(operations, model, picture, 1);
  network::append_tokens(operations, model, captions, std::vector<std::int32_t>{0});
}

void ask_for_texts(ListingOperations& operations, const network::Model& model) {
  network::Tokens tokens;
  tokens.append(std::vector<std::int32_t>{0});
  const auto* clip = std::get_if<network::TextTransformerConfig>(&model.config.text);
  if (clip != nullptr && clip->pooling == network::TextPooling::class_token) {
    tokens = {};
    tokens.append(std::vector<std::int32_t>{0, network::class_token_id(*clip)});
  }
  network::text_features(operations, model, tokens);
}

}  // namespace

LayerList list_layers(const network::Model& model) {
  ListingOperations operations;
  if (network::has_image_tower(model.config)) ask_for_pictures(operations, model);
  if (network::has_text_tower(model.config)) ask_for_texts(operations, model);
  return operations.take();
}

}  // namespace diptych::engine
