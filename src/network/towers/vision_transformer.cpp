#include "network/towers/vision_transformer.h"

#include <cmath>

#include "base/error.h"
#include "network/towers/limits.h"
#include "network/towers/patch_transformer.h"

namespace diptych::network {
namespace {

/// What a convolution stem makes one row: 4 x 2 x 2 pixels a side.
constexpr int kStemPatchSize = 16;

}  // namespace

void validate_tower(const VisionTransformerConfig& config, int embedding_width) {
  check_patches(config);
  check_transformer("vision", config);
  if (config.convolution_stem) {
    check_range("patch_size", config.patch_size, kStemPatchSize, kStemPatchSize);
    check_divides("the patch size", config.patch_size, "image_size", config.image_size);
    check_divides("four", 4, "vision width", config.width);
  }
  if (config.pooling == ImagePooling::class_token && !config.class_token)
    fail(ErrorCode::invalid_argument, "model config: vision pooling: got no class token to pool");
  if (config.pooling == ImagePooling::queries) {
    check_range("vision pool queries", config.pool_queries, 1, kMaxWidth);
    check_range("vision pool heads", config.pool_heads, 1, kMaxWidth);
    check_divides("vision pool heads", config.pool_heads, "embed_dim", embedding_width);
  }
  check_projection("vision width", config.projection, config.width, embedding_width);
}

TowerDescription describe_tower(const VisionTransformerConfig& config) {
  return describe_transformer("vision transformer", title_of(config.pooling), config);
}

std::int64_t widest_activation(const VisionTransformer& tower) {
  return widest_of_patches(tower.config);
}

VisionTransformer declare_tower(ParameterTable& table, const VisionTransformerConfig& config,
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
    tower.query_pool = declare_map_pool(table, "visual.attn_pool", map_pool_config(config));
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

Sequences row_sequences(const VisionTransformerConfig& config, const PatchSelection& selection) {
  return config.class_token ? selection.sequences.with_one_more() : selection.sequences;
}

std::vector<std::int32_t> rows_after_first(int count, int length) {
  std::vector<std::int32_t> rows;
  for (int i = 0; i < count; ++i) {
    for (int row = 1; row < length; ++row) rows.push_back(i * length + row);
  }
  return rows;
}

}  // namespace diptych::network
