#include "network/towers/convnext.h"

#include <cmath>
#include <string>

namespace diptych::network {
namespace {

/// What ConvNeXt is trained from.
constexpr float kDeviation = 0.02F;
constexpr float kInitialGamma = 1e-6F;

ConvNextBlock declare_block(ParameterTable& table, const std::string& name, int width,
                            float epsilon) {
  constexpr int kExpansion = 4;
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

ConvNext declare_convnext(ParameterTable& table, const ConvNextConfig& config,
                          int embedding_width) {
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
