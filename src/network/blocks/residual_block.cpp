#include "network/blocks/residual_block.h"

#include <cmath>

namespace diptych::network {

namespace {

/// As open_clip's ViT-M-16-alt has it.
constexpr float kInitialLayerScale = 1e-4F;

}  // namespace

std::vector<ResidualBlock> declare_residual_blocks(ParameterTable& table, const std::string& name,
                                                   const ResidualBlocksConfig& config) {
  // The deviations of CLIP's own initialisation: residual branches shrink with depth.
  const float attention = 1.0F / std::sqrt(static_cast<float>(config.width));
  const float residual = attention / std::sqrt(2.0F * static_cast<float>(config.layers));
  const float mlp_in = 1.0F / std::sqrt(2.0F * static_cast<float>(config.width));
  std::vector<ResidualBlock> blocks;
  for (int i = 0; i < config.layers; ++i) {
    const std::string prefix = name + "." + std::to_string(i);
    ResidualBlock block{.name = prefix, .activation = config.activation, .heads = config.heads};
    block.norm_1 = declare_norm(table, prefix + ".ln_1", config.width, config.norm_epsilon);
    block.query_key_value.inputs = config.width;
    block.query_key_value.outputs = 3 * config.width;
    block.query_key_value.weight =
        table.declare(prefix + ".attn.in_proj_weight", {3 * config.width, config.width},
                      Initialiser::normal(attention));
    block.query_key_value.bias = table.declare(prefix + ".attn.in_proj_bias", {3 * config.width},
                                               Initialiser::constant(0.0F));
    block.attention_output =
        declare_linear(table, prefix + ".attn.out_proj", config.width, config.width, residual);
    if (config.layer_scale) {
      block.scale_1 = table.declare(prefix + ".ls_1.gamma", {config.width},
                                    Initialiser::constant(kInitialLayerScale));
      block.scale_2 = table.declare(prefix + ".ls_2.gamma", {config.width},
                                    Initialiser::constant(kInitialLayerScale));
    }
    block.norm_2 = declare_norm(table, prefix + ".ln_2", config.width, config.norm_epsilon);
    block.mlp_in =
        declare_linear(table, prefix + ".mlp.c_fc", config.width, config.mlp_width, mlp_in);
    block.mlp_out =
        declare_linear(table, prefix + ".mlp.c_proj", config.mlp_width, config.width, residual);
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace diptych::network
