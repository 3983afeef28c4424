#include "network/towers/vitamin.h"

#include <cmath>
#include <string>

#include "network/blocks/query_pool.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

/// Of ViTamin's norms, whatever their place.
constexpr float kViTaminEpsilon = 1e-6F;

/// He initialisation (arXiv 1502.01852), fan-out, of a layer with so many weights an input.
float he_deviation(int fan_out) {
  return std::sqrt(2.0F / static_cast<float>(fan_out));
}

ViTaminConvolutionBlock declare_convolution_block(ParameterTable& table, const std::string& name,
                                                  int inputs, int outputs, int stride) {
  constexpr int kExpansion = 4;
  constexpr int kWindow = 3;
  const int hidden = kExpansion * outputs;
  ViTaminConvolutionBlock block;
  block.norm = declare_norm(table, name + ".pre_norm", inputs, kViTaminEpsilon);
  block.widen = declare_pointwise(table, name + ".conv1_1x1", inputs, hidden, he_deviation(hidden));
  block.depthwise = declare_depthwise_convolution(table, name + ".conv2_kxk", hidden, kWindow,
                                                  he_deviation(kWindow * kWindow), stride);
  block.narrow =
      declare_pointwise(table, name + ".conv3_1x1", hidden, outputs, he_deviation(outputs));
  if (inputs != outputs)
    block.shortcut =
        declare_pointwise(table, name + ".shortcut.expand", inputs, outputs, he_deviation(outputs));
  return block;
}

/// The first block of each stage halves the map.
void declare_convolution_stages(ParameterTable& table, ViTamin& tower) {
  const ViTaminConfig& config = tower.config;
  int width = config.convolution_widths.front();
  for (std::size_t stage = 0; stage < config.convolution_layers.size(); ++stage) {
    for (int i = 0; i < config.convolution_layers[stage]; ++i) {
      const std::string name =
          "visual.convolutions.stages." + std::to_string(stage) + "." + std::to_string(i);
      tower.convolution_blocks.push_back(declare_convolution_block(
          table, name, width, config.convolution_widths[stage], i == 0 ? 2 : 1));
      width = config.convolution_widths[stage];
    }
  }
}

ViTaminBlock declare_block(ParameterTable& table, const std::string& name,
                           const ViTaminConfig& config) {
  const int width = config.width;
  ViTaminBlock block;
  block.norm_1 = declare_norm(table, name + ".ln_1", width, kViTaminEpsilon);
  block.query_key_value = {.inputs = width, .outputs = 3 * width};
  block.query_key_value.weight = table.declare(name + ".attn.in_proj_weight", {3 * width, width},
                                               Initialiser::normal(kDeviation));
  block.query_key_value.bias =
      table.declare(name + ".attn.in_proj_bias", {3 * width}, Initialiser::constant(0.0F));
  block.attention_output = declare_linear(table, name + ".attn.out_proj", width, width, kDeviation);
  block.norm_2 = declare_norm(table, name + ".ln_2", width, kViTaminEpsilon);
  block.mlp_norm = declare_norm(table, name + ".mlp.ln", width, kViTaminEpsilon);
  block.mlp_in = declare_linear(table, name + ".mlp.c_fc", width, config.mlp_width, kDeviation);
  block.mlp_gated =
      declare_linear(table, name + ".mlp.c_gated", width, config.mlp_width, kDeviation);
  block.mlp_out = declare_linear(table, name + ".mlp.c_proj", config.mlp_width, width, kDeviation);
  return block;
}

}  // namespace

void validate_tower(const ViTaminConfig& config, int /*embedding_width*/) {
  check_range("image_size", config.image_size, ViTaminConfig::kPatchSize, kMaxImageSize);
  check_divides("the total stride", ViTaminConfig::kPatchSize, "image_size", config.image_size);
  for (const int layers : config.convolution_layers)
    check_range("vision convolution layers", layers, 1, kMaxLayers);
  for (const int width : config.convolution_widths)
    check_range("vision convolution width", width, 1, kMaxWidth / 4);
  check_transformer("vision", config);
}

TowerDescription describe_tower(const ViTaminConfig& config) {
  return {.architecture = "ViTamin",
          .width = config.width,
          .layers = {config.convolution_layers[0], config.convolution_layers[1], config.layers},
          .heads = config.heads,
          .mlp_width = config.mlp_width,
          .activation = title_of(Activation::gelu),
          .pooling = title_of(ImagePooling::mean)};
}

/// The first stage's bottlenecks before they halve the map.
std::int64_t widest_activation(const ViTamin& tower) {
  const std::int64_t side = tower.config.image_size / 2;
  return side * side * 4 * tower.config.convolution_widths.front();
}

ViTamin declare_tower(ParameterTable& table, const ViTaminConfig& config, int embedding_width) {
  ViTamin tower{.config = config};
  const std::string convolutions = "visual.convolutions.";
  const int stem = config.convolution_widths.front();
  const int last = config.convolution_widths.back();
  tower.stem_1 = declare_biased_convolution(table, convolutions + "stem.conv1", 3, stem, 3, 2);
  tower.stem_norm = declare_norm(table, convolutions + "stem.norm1", stem, kViTaminEpsilon);
  tower.stem_2 = declare_biased_convolution(table, convolutions + "stem.conv2", stem, stem, 3, 1);
  declare_convolution_stages(table, tower);
  tower.patch_norm = declare_norm(table, convolutions + "pool.norm", last, kViTaminEpsilon);
  tower.patches =
      declare_biased_convolution(table, convolutions + "pool.proj", last, config.width, 3, 2);
  if (config.positions) {
    const int side = config.places_per_side();
    tower.positional_embedding =
        table.declare("visual.positional_embedding", {side * side, config.width},
                      Initialiser::normal(kDeviation));
  }
  for (int i = 0; i < config.layers; ++i) {
    tower.blocks.push_back(
        declare_block(table, "visual.transformer.resblocks." + std::to_string(i), config));
  }
  tower.norm_post = declare_norm(table, "visual.ln_post", config.width, kViTaminEpsilon);
  tower.projection =
      declare_projection(table, "visual.proj", Projection::matrix, config.width, embedding_width);
  return tower;
}

}  // namespace diptych::network
