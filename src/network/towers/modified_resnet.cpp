#include "network/towers/modified_resnet.h"

#include <cmath>
#include <string>

#include "network/towers/limits.h"

namespace diptych::network {
namespace {

constexpr int kBottleneckExpansion = 4;

Bottleneck declare_bottleneck(ParameterTable& table, const std::string& name, int inputs,
                              int planes, int stride) {
  const int outputs = kBottleneckExpansion * planes;
  Bottleneck block{.name = name, .stride = stride};
  block.convolution_1 =
      declare_convolution(table, name + ".conv1", name + ".bn1", inputs, planes, 1, 1);
  block.convolution_2 =
      declare_convolution(table, name + ".conv2", name + ".bn2", planes, planes, 3, 1);
  // A branch that starts at zero makes every block start as the identity (arXiv 1706.02677), as in
  // CLIP.
  constexpr float kGain = 0.0F;
  block.convolution_3 =
      declare_convolution(table, name + ".conv3", name + ".bn3", planes, outputs, 1, 1, kGain);
  if (stride > 1 || inputs != outputs) {
    block.shortcut = declare_convolution(table, name + ".downsample.0", name + ".downsample.1",
                                         inputs, outputs, 1, 1);
  }
  return block;
}

AttentionPool declare_attention_pool(ParameterTable& table, const ModifiedResNetConfig& config,
                                     int embedding_width) {
  const int width = 32 * config.width;
  const int grid = config.image_size / 32;
  const float deviation = 1.0F / std::sqrt(static_cast<float>(width));
  const std::string name = "visual.attnpool";
  AttentionPool pool{.heads = config.heads};
  pool.positional_embedding = table.declare(
      name + ".positional_embedding", {1 + grid * grid, width}, Initialiser::normal(deviation));
  pool.query = declare_linear(table, name + ".q_proj", width, width, deviation);
  pool.key = declare_linear(table, name + ".k_proj", width, width, deviation);
  pool.value = declare_linear(table, name + ".v_proj", width, width, deviation);
  pool.output = declare_linear(table, name + ".c_proj", width, embedding_width, deviation);
  return pool;
}

}  // namespace

void validate_tower(const ModifiedResNetConfig& config, int /*embedding_width*/) {
  check_range("image_size", config.image_size, 32, kMaxImageSize);
  check_divides("the total stride", 32, "image_size", config.image_size);
  check_range("vision width", config.width, 2, kMaxWidth / 32);
  check_divides("two", 2, "vision width", config.width);
  for (const int layers : config.layers) check_range("vision layers", layers, 1, kMaxLayers);
  check_range("vision heads", config.heads, 1, 32 * config.width);
  check_divides("vision heads", config.heads, "attention pool width", 32 * config.width);
}

TowerDescription describe_tower(const ModifiedResNetConfig& config) {
  return {.architecture = "modified ResNet",
          .width = config.width,
          .layers = {config.layers.begin(), config.layers.end()},
          .heads = config.heads,
          .activation = title_of(Activation::relu),
          .pooling = "attention"};
}

std::int64_t widest_activation(const ModifiedResNet& tower) {
  const std::int64_t side = tower.config.image_size / 2;
  return side * side * tower.config.width;
}

ModifiedResNet declare_tower(ParameterTable& table, const ModifiedResNetConfig& config,
                             int embedding_width) {
  ModifiedResNet tower{.config = config};
  const int half = config.width / 2;
  tower.stem = {declare_convolution(table, "visual.conv1", "visual.bn1", 3, half, 3, 2),
                declare_convolution(table, "visual.conv2", "visual.bn2", half, half, 3, 1),
                declare_convolution(table, "visual.conv3", "visual.bn3", half, config.width, 3, 1)};
  int inputs = config.width;
  for (int stage = 0; stage < 4; ++stage) {
    const int planes = config.width << stage;
    for (int i = 0; i < config.layers[static_cast<std::size_t>(stage)]; ++i) {
      const std::string name = "visual.layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      const int stride = stage > 0 && i == 0 ? 2 : 1;
      tower.bottlenecks.push_back(declare_bottleneck(table, name, inputs, planes, stride));
      inputs = kBottleneckExpansion * planes;
    }
  }
  tower.attention_pool = declare_attention_pool(table, config, embedding_width);
  return tower;
}

}  // namespace diptych::network
