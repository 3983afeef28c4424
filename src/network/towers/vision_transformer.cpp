#include "network/towers/vision_transformer.h"

#include <cmath>

namespace diptych::network {

VisionTransformer declare_vision_transformer(ParameterTable& table,
                                             const VisionTransformerConfig& config,
                                             int embedding_width) {
  const float deviation = 1.0F / std::sqrt(static_cast<float>(config.width));
  VisionTransformer tower{.config = config};
  tower.patch_embedding =
      declare_patch_embedding(table, {.patch_size = config.patch_size,
                                      .grid = config.grid(),
                                      .width = config.width,
                                      .class_token = config.class_token,
                                      .bias = config.patch_bias,
                                      .deviation = deviation,
                                      .convolution_stem = config.convolution_stem,
                                      .class_position = config.class_position});
  const int pooled_width = config.pooling == ImagePooling::queries ? embedding_width : config.width;
  tower.projection =
      declare_projection(table, "visual.proj", config.projection, pooled_width, embedding_width);
  if (config.norm_pre)
    tower.norm_pre = declare_norm(table, "visual.ln_pre", config.width, config.norm_epsilon);
  tower.blocks = declare_residual_blocks(table, "visual.transformer.resblocks",
                                         residual_blocks_config(config));
  tower.norm_post = declare_norm(table, "visual.ln_post", pooled_width, config.norm_epsilon);
  if (config.pooling == ImagePooling::map) {
    tower.query_pool = declare_map_pool(table, "visual.attn_pool",
                                        {.width = config.width,
                                         .heads = config.heads,
                                         .mlp_width = config.mlp_width,
                                         .activation = config.activation,
                                         .norm_epsilon = config.norm_epsilon});
  }
  if (config.pooling == ImagePooling::queries) {
    tower.query_pool = declare_coca_pool(table, "visual.attn_pool",
                                         {.inputs = config.width,
                                          .outputs = embedding_width,
                                          .queries = config.pool_queries,
                                          .heads = config.pool_heads,
                                          .norm_epsilon = config.norm_epsilon});
  }
  return tower;
}

std::vector<std::int32_t> rows_behind_first(int count, int length) {
  std::vector<std::int32_t> rows;
  for (int i = 0; i < count; ++i) {
    for (int row = 1; row < length; ++row) rows.push_back(i * length + row);
  }
  return rows;
}

}  // namespace diptych::network
