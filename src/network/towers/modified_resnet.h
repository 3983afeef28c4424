#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/operations/operations.h"
#include "network/towers/tower.h"

namespace diptych::network {

/// CLIP's modified ResNet (arXiv 2103.00020, section 2.4). Defaults are RN50's.
struct ModifiedResNetConfig {
  static constexpr std::string_view kName = "modified_resnet";

  int image_size = 224;  ///< side, in pixels; a multiple of 32
  int width = 64;        ///< channels after the stem; the last stage has 32 times as many
  std::array<int, 4> layers = {3, 4, 6, 3};
  int heads = 32;  ///< of the attention pool

  template <typename Fields>
  void visit(Fields& fields) {
    fields.required("image_size", image_size);
    fields.required("width", width);
    fields.required("layers", layers);
    fields.required("heads", heads);
    fields.constant("pooling", "attention");
  }

  bool operator==(const ModifiedResNetConfig&) const = default;
};

/// ResNet bottleneck whose stride is an average pool before the third convolution and before the
/// shortcut's (anti-aliasing, arXiv 1904.11486).
struct Bottleneck {
  std::string name;           ///< all of its parameters begin with it
  Convolution convolution_1;  ///< 1 x 1
  Convolution convolution_2;  ///< 3 x 3
  Convolution convolution_3;  ///< 1 x 1, four times as many channels
  std::optional<Convolution> shortcut;
  int stride = 1;
};

/// Multi-head attention whose one query is the mean over the picture.
struct AttentionPool {
  ParameterId positional_embedding = kAbsent;  ///< [1 + grid * grid, width], the mean's first
  Linear query;
  Linear key;
  Linear value;
  Linear output;
  int heads = 1;
};

/// CLIP's modified ResNet: a stem of three convolutions and a pool, four stages of bottlenecks,
/// attention pool.
struct ModifiedResNet {
  ModifiedResNetConfig config;
  std::vector<Convolution> stem;
  std::vector<Bottleneck> bottlenecks;
  AttentionPool attention_pool;
};

/// See tower.h.
void validate_tower(const ModifiedResNetConfig& config, int embedding_width);
TowerDescription describe_tower(const ModifiedResNetConfig& config);
std::int64_t widest_activation(const ModifiedResNet& tower);
ModifiedResNet declare_tower(ParameterTable& table, const ModifiedResNetConfig& config,
                             int embedding_width);

template <Operations Ops>
FeatureMap<typename Ops::Tensor> bottleneck(Ops& ops, const Bottleneck& block,
                                            const FeatureMap<typename Ops::Tensor>& x) {
  const auto body = [&block](Ops& ops, const FeatureMap<typename Ops::Tensor>& x) {
    auto y = ops.convolution(x, block.convolution_1, Activation::relu, nullptr);
    y = ops.convolution(y, block.convolution_2, Activation::relu, nullptr);
    if (block.stride > 1) y = ops.average_pool(y, block.stride, block.stride);
    if (!block.shortcut) return ops.convolution(y, block.convolution_3, Activation::relu, &x);
    const auto pooled = block.stride > 1 ? ops.average_pool(x, block.stride, block.stride) : x;
    const auto identity = ops.convolution(pooled, *block.shortcut, Activation::none, nullptr);
    return ops.convolution(y, block.convolution_3, Activation::relu, &identity);
  };
  return ops.block(block.name, body, x);
}

template <Operations Ops>
typename Ops::Tensor attention_pool(Ops& ops, const AttentionPool& pool,
                                    const FeatureMap<typename Ops::Tensor>& x) {
  const Sequences places = Sequences::uniform(x.batch, x.height * x.width);
  const Sequences sequences = places.with_one_more();
  const auto with_mean = ops.prepend(ops.mean_rows(x.rows, places), x.rows, places);
  const auto tokens =
      ops.add(with_mean, ops.embed(pool.positional_embedding, ops.indices(sequences.positions())));
  const auto query = ops.linear(ops.rows(tokens, ops.indices(sequences.first_rows())), pool.query,
                                Activation::none, nullptr);
  const auto key = ops.linear(tokens, pool.key, Activation::none, nullptr);
  const auto value = ops.linear(tokens, pool.value, Activation::none, nullptr);
  const auto attended = ops.attention(query, key, value, pool.heads,
                                      ops.pattern(AttentionPattern::pooling(sequences)));
  return ops.linear(attended, pool.output, Activation::none, nullptr);
}

/// Returns features [pictures, embedding width], not normalised. `pixels` are image_size x
/// image_size.
template <Operations Ops>
typename Ops::Tensor image_tower(Ops& ops, const ModifiedResNet& tower, const Pixels& pixels) {
  auto x = ops.feature_map(pixels);
  for (const Convolution& layer : tower.stem)
    x = ops.convolution(x, layer, Activation::relu, nullptr);
  x = ops.average_pool(x, 2, 2);
  for (const Bottleneck& block : tower.bottlenecks) x = bottleneck(ops, block, x);
  return attention_pool(ops, tower.attention_pool, x);
}

}  // namespace diptych::network
