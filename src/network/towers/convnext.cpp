#include "network/towers/convnext.h"

#include <cmath>
#include <string>

#include "network/blocks/query_pool.h"
#include "network/towers/limits.h"

namespace diptych::network {
namespace {

constexpr float kInitialGamma = 1e-6F;
/// Of an MLP's width to its block's.
constexpr int kExpansion = 4;

ConvNextBlock declare_block(ParameterTable& table, const std::string& name, int width,
                            float epsilon) {
  ConvNextBlock block;
  block.depthwise = declare_depthwise_convolution(table, name + ".conv_dw", width,
                                                  ConvNextConfig::kWindow, kDeviation);
  block.norm = declare_norm(table, name + ".norm", width, epsilon);
  block.mlp_in = declare_linear(table, name + ".mlp.fc1", width, kExpansion * width, kDeviation);
  block.mlp_out = declare_linear(table, name + ".mlp.fc2", kExpansion * width, width, kDeviation);
  block.gamma = table.declare(name + ".gamma", {width}, Initialiser::constant(kInitialGamma));
  return block;
}

/// A linear layer, or an MLP of twice the embedding's width whose last layer has no bias.
void declare_head(ParameterTable& table, ConvNext& tower, int embedding_width) {
  const int width = tower.config.widths.back();
  if (!tower.config.mlp_projection) {
    tower.projection =
        declare_projection(table, "visual.proj", Projection::matrix, width, embedding_width);
    return;
  }
  const int hidden = 2 * embedding_width;
  tower.head_in = declare_linear(table, "visual.head.mlp.fc1", width, hidden, kDeviation);
  Linear out{.inputs = hidden, .outputs = embedding_width};
  out.weight = table.declare("visual.head.mlp.fc2.weight", {embedding_width, hidden},
                             Initialiser::normal(kDeviation));
  tower.projection = out;
}

}  // namespace

void validate_tower(const ConvNextConfig& config, int /*embedding_width*/) {
  check_range("image_size", config.image_size, 32, kMaxImageSize);
  check_divides("the total stride", 32, "image_size", config.image_size);
  for (const int layers : config.layers) check_range("vision layers", layers, 1, kMaxLayers);
  for (const int width : config.widths) check_range("vision width", width, 1, kMaxWidth / 4);
}

TowerDescription describe_tower(const ConvNextConfig& config) {
  return {.architecture = "ConvNeXt",
          .width = config.widths.front(),
          .layers = {config.layers.begin(), config.layers.end()},
          .mlp_width = kExpansion * config.widths.front(),
          .activation = title_of(Activation::gelu),
          .pooling = title_of(ImagePooling::mean)};
}

/// The MLP of the first stage: every later one has half as many numbers.
std::int64_t widest_activation(const ConvNext& tower) {
  const std::int64_t side = tower.config.image_size / ConvNextConfig::kPatchSize;
  return side * side * kExpansion * tower.config.widths.front();
}

ConvNext declare_tower(ParameterTable& table, const ConvNextConfig& config, int embedding_width) {
  ConvNext tower{.config = config};
  const float epsilon = config.norm_epsilon;
  int width = config.widths.front();
  tower.stem = declare_square_convolution(table, "visual.stem.0", 3, width,
                                          ConvNextConfig::kPatchSize, kDeviation);
  tower.stem_norm = declare_norm(table, "visual.stem.1", width, epsilon);
  for (std::size_t i = 0; i < config.widths.size(); ++i) {
    const std::string name = "visual.stages." + std::to_string(i);
    ConvNextStage stage;
    if (i > 0) {
      stage.downsample =
          Downsample{.norm = declare_norm(table, name + ".downsample.0", width, epsilon),
                     .reduction = declare_square_convolution(table, name + ".downsample.1", width,
                                                             config.widths[i], 2, kDeviation)};
      width = config.widths[i];
    }
    for (int block = 0; block < config.layers[i]; ++block) {
      stage.blocks.push_back(
          declare_block(table, name + ".blocks." + std::to_string(block), width, epsilon));
    }
    tower.stages.push_back(std::move(stage));
  }
  tower.norm_head = declare_norm(table, "visual.head.norm", width, epsilon);
  declare_head(table, tower, embedding_width);
  return tower;
}

}  // namespace diptych::network
