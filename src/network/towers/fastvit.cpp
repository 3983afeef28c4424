#include "network/towers/fastvit.h"

#include <algorithm>
#include <string>

#include "network/blocks/query_pool.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

constexpr int kMaxStages = 8;
constexpr int kMaxStageWidth = 1 << 14;
constexpr int kMaxMlpRatio = 8;

constexpr float kFastVitEpsilon = 1e-5F;

SqueezeExcite declare_squeeze_excite(ParameterTable& table, const std::string& name, int width,
                                     int squeezed) {
  return {.squeeze = declare_pointwise(table, name + ".fc1", width, squeezed, kDeviation),
          .excite = declare_pointwise(table, name + ".fc2", squeezed, width, kDeviation)};
}

FastVitDownsample declare_downsample(ParameterTable& table, const std::string& name,
                                     const FastVitConfig& config, int stage) {
  const int width = config.widths[static_cast<std::size_t>(stage)];
  const int narrower = config.widths[static_cast<std::size_t>(stage) - 1];
  FastVitDownsample layer{.copies = width / narrower};
  layer.depthwise = declare_depthwise_convolution(table, name + ".depthwise", width,
                                                  FastVitConfig::kWindow, kDeviation, 2);
  if (config.has_excitation(stage)) {
    layer.excite = declare_squeeze_excite(table, name + ".se", width, downsample_squeeze(width));
  }
  layer.pointwise = declare_pointwise(table, name + ".pointwise", width, width, kDeviation);
  return layer;
}

FastVitAttention declare_attention(ParameterTable& table, const std::string& name, int width,
                                   bool norm) {
  FastVitAttention layer{.query_key_value = {.inputs = width, .outputs = 3 * width}};
  if (norm) layer.norm = declare_norm(table, name + ".norm", width, kFastVitEpsilon);
  layer.query_key_value.weight =
      table.declare(name + ".in_proj_weight", {3 * width, width}, Initialiser::normal(kDeviation));
  // Otherwise fused batch normalisation has left one.
  if (!norm) {
    layer.query_key_value.bias =
        table.declare(name + ".in_proj_bias", {3 * width}, Initialiser::constant(0.0F));
  }
  layer.output = declare_linear(table, name + ".out_proj", width, width, kDeviation);
  return layer;
}

FastVitBlock declare_block(ParameterTable& table, const std::string& name,
                           const FastVitConfig& config, int stage) {
  const int width = config.widths[static_cast<std::size_t>(stage)];
  const int mlp_width = config.mlp_ratio * width;
  FastVitBlock block;
  if (config.has_attention(stage)) {
    block.attention = declare_attention(table, name + ".attn", width, config.attention_norm);
  } else {
    block.mixer = declare_depthwise_convolution(table, name + ".mixer", width,
                                                FastVitConfig::kMixerWindow, kDeviation);
  }
  block.depthwise = declare_depthwise_convolution(table, name + ".mlp.depthwise", width,
                                                  FastVitConfig::kWindow, kDeviation);
  block.mlp_in = declare_pointwise(table, name + ".mlp.fc1", width, mlp_width, kDeviation);
  block.mlp_out = declare_pointwise(table, name + ".mlp.fc2", mlp_width, width, kDeviation);
  return block;
}

FastVitStage declare_stage(ParameterTable& table, const FastVitConfig& config, int number) {
  const std::string name = "visual.stages." + std::to_string(number);
  const auto index = static_cast<std::size_t>(number);
  FastVitStage stage;
  if (number > 0)
    stage.downsample = declare_downsample(table, name + ".downsample", config, number);
  if (config.has_attention(number)) {
    stage.position = declare_depthwise_convolution(table, name + ".position", config.widths[index],
                                                   FastVitConfig::kWindow, kDeviation);
  }
  for (int i = 0; i < config.layers[index]; ++i) {
    const std::string block = name + ".blocks." + std::to_string(i);
    stage.blocks.push_back(declare_block(table, block, config, number));
  }
  return stage;
}

}  // namespace

void validate_tower(const FastVitConfig& config, int /*embedding_width*/) {
  check_range("vision stages", config.stages(), 1, kMaxStages);
  check_range("vision stages with layers", static_cast<int>(config.layers.size()), config.stages(),
              config.stages());
  check_range("image_size", config.image_size, config.stride(), kMaxImageSize);
  check_divides("the total stride", config.stride(), "image_size", config.image_size);
  check_range("vision mlp ratio", config.mlp_ratio, 1, kMaxMlpRatio);
  check_range("vision attention stages", config.attention_stages, 0, config.stages());
  check_range("vision excited stages", config.excited_stages, 0, config.stages() - 1);
  int narrower = 1;
  for (int i = 0; i < config.stages(); ++i) {
    const int width = config.widths[static_cast<std::size_t>(i)];
    check_range("vision layers", config.layers[static_cast<std::size_t>(i)], 1, kMaxLayers);
    check_range("vision width", width, 1, kMaxStageWidth);
    check_divides("the width before", narrower, "vision width", width);
    if (config.has_attention(i))
      check_divides("the width of a head", FastVitConfig::kHeadWidth, "vision width", width);
    narrower = width;
  }
}

TowerDescription describe_tower(const FastVitConfig& config) {
  return {.architecture = "FastViT",
          .width = config.widths.front(),
          .layers = config.layers,
          .mlp_width = config.mlp_ratio * config.widths.front(),
          .activation = title_of(Activation::gelu),
          .pooling = title_of(ImagePooling::mean)};
}

/// The stem after its first convolution, or the first stage's MLP.
std::int64_t widest_activation(const FastVit& tower) {
  const std::int64_t side = tower.config.image_size / FastVitConfig::kPatchSize;
  return side * side * std::max(4, tower.config.mlp_ratio) * tower.config.widths.front();
}

/// A quarter in steps of eight.
int downsample_squeeze(int width) {
  return std::max(8, (width + 16) / 32 * 8);
}

int head_squeeze(int width) {
  return std::max(1, (width + 8) / 16);
}

FastVit declare_tower(ParameterTable& table, const FastVitConfig& config, int embedding_width) {
  FastVit tower{.config = config};
  const int first = config.widths.front();
  tower.stem_1 = declare_biased_convolution(table, "visual.stem.0", 3, first, 3, 2);
  tower.stem_2 = declare_depthwise_convolution(table, "visual.stem.1", first, 3, kDeviation, 2);
  tower.stem_3 = declare_pointwise(table, "visual.stem.2", first, first, kDeviation);
  for (int i = 0; i < config.stages(); ++i) tower.stages.push_back(declare_stage(table, config, i));
  const int last = FastVitConfig::kFinalExpansion * config.widths.back();
  tower.head_depthwise =
      declare_depthwise_convolution(table, "visual.head.depthwise", last, 3, kDeviation);
  tower.head_excite = declare_squeeze_excite(table, "visual.head.se", last, head_squeeze(last));
  tower.projection =
      declare_projection(table, "visual.proj", Projection::linear, last, embedding_width);
  return tower;
}

}  // namespace diptych::network
