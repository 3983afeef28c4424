#include "network/towers/eva_transformer.h"

#include <cmath>

#include "base/error.h"
#include "network/towers/limits.h"
#include "network/towers/patch_transformer.h"

namespace diptych::network {
namespace {

/// Rotary tables are made before any weight is seen.
constexpr int kMaxRotaryGrid = 256;
constexpr int kMaxRotaryHeadWidth = 1024;

void validate_pooling(const EvaTransformerConfig& config) {
  if (config.pooling == ImagePooling::map) {
    check_range("vision pool heads", config.pool_heads, 1, config.width);
    check_divides("vision pool heads", config.pool_heads, "vision width", config.width);
  } else if (config.pooling != ImagePooling::class_token || !config.class_token) {
    fail(ErrorCode::invalid_argument,
         "model config: vision pooling: got no class token to pool, and no map pool");
  }
}

void validate_rotary(const EvaTransformerConfig& config) {
  check_range("rotary grid", config.rotary_grid, 0, kMaxImageSize);
  check_range("rotary origin", config.rotary_origin, 0, kMaxImageSize);
  if (config.rotary_grid == 0) return;
  const int head_width = config.width / config.heads;
  check_range("vision grid", config.grid(), 1, kMaxRotaryGrid);
  check_range("vision head width", head_width, 4, kMaxRotaryHeadWidth);
  // Pairs of columns, half of them for rows and half for columns of the grid.
  check_divides("four", 4, "vision head width", head_width);
}

constexpr float kEvaLayerScale = 0.1F;
/// Width of a map pool's MLP, whatever that of the blocks is.
constexpr int kPoolExpansion = 4;

/// Declares what surrounds a branch of block `depth` (1 is the first); its layers' names begin with
/// `prefix`.
class BranchDeclarer {
 public:
  BranchDeclarer(ParameterTable& table, const EvaTransformerConfig& config, std::string prefix,
                 int depth)
      : table_(table),
        config_(config),
        prefix_(std::move(prefix)),
        output_deviation_(kDeviation / std::sqrt(2.0F * static_cast<float>(depth))) {}

  EvaBranch declare(const std::string& number, const std::string& inner_norm,
                    const std::string& output, int inner_width) {
    EvaBranch branch{.norm = norm("ln_" + number, config_.width), .post_norm = config_.post_norm};
    if (config_.inner_norms) branch.inner_norm = norm(inner_norm, inner_width);
    branch.output =
        declare_linear(table_, prefix_ + output, inner_width, config_.width, output_deviation_);
    if (config_.layer_scale)
      branch.scale = table_.declare(prefix_ + "ls_" + number + ".gamma", {config_.width},
                                    Initialiser::constant(kEvaLayerScale));
    return branch;
  }

 private:
  Norm norm(const std::string& name, int width) {
    return declare_norm(table_, prefix_ + name, width, config_.norm_epsilon, config_.norm);
  }

  ParameterTable& table_;
  const EvaTransformerConfig& config_;
  std::string prefix_;
  float output_deviation_;
};

/// The weights of q, k and v are stacked; so are their biases where keys have one.
void declare_query_key_value(ParameterTable& table, const EvaTransformerConfig& config,
                             const std::string& prefix, EvaBlock& block) {
  Linear stacked{.inputs = config.width, .outputs = 3 * config.width};
  stacked.weight = table.declare(prefix + "attn.in_proj_weight", {3 * config.width, config.width},
                                 Initialiser::normal(kDeviation));
  if (config.key_bias)
    stacked.bias = table.declare(prefix + "attn.in_proj_bias", {3 * config.width},
                                 Initialiser::constant(0.0F));
  block.query = stacked.slice(0, config.width);
  block.key = stacked.slice(config.width, config.width);
  block.value = stacked.slice(2 * config.width, config.width);
  if (!config.query_value_bias || config.key_bias) return;
  block.query.bias =
      table.declare(prefix + "attn.q_bias", {config.width}, Initialiser::constant(0.0F));
  block.value.bias =
      table.declare(prefix + "attn.v_bias", {config.width}, Initialiser::constant(0.0F));
  block.query.first_bias = 0;
  block.value.first_bias = 0;
}

EvaBlock declare_block(ParameterTable& table, const EvaTransformerConfig& config, int number) {
  EvaBlock block{.name = "visual.transformer.resblocks." + std::to_string(number)};
  const std::string prefix = block.name + ".";
  BranchDeclarer branches(table, config, prefix, number + 1);
  declare_query_key_value(table, config, prefix, block);
  block.attention = branches.declare("1", "attn.ln", "attn.out_proj", config.width);
  block.mlp_in =
      declare_linear(table, prefix + "mlp.c_fc", config.width, config.mlp_width, kDeviation);
  if (config.gated_mlp)
    block.mlp_gated =
        declare_linear(table, prefix + "mlp.c_gated", config.width, config.mlp_width, kDeviation);
  block.mlp = branches.declare("2", "mlp.ln", "mlp.c_proj", config.mlp_width);
  return block;
}

}  // namespace

void validate_tower(const EvaTransformerConfig& config, int embedding_width) {
  check_patches(config);
  check_transformer("vision", config);
  if (config.key_bias && !config.query_value_bias)
    fail(ErrorCode::invalid_argument, "model config: vision key bias: got no query_value_bias");
  validate_pooling(config);
  validate_rotary(config);
  check_projection("vision width", config.projection, config.width, embedding_width);
}

TowerDescription describe_tower(const EvaTransformerConfig& config) {
  return describe_transformer("EVA transformer", title_of(config.pooling), config);
}

std::int64_t widest_activation(const EvaTransformer& tower) {
  return widest_of_patches(tower.config);
}

EvaTransformer declare_tower(ParameterTable& table, const EvaTransformerConfig& config,
                             int embedding_width) {
  EvaTransformer tower{.config = config};
  tower.patch_embedding = declare_patch_embedding(table, {.patch_size = config.patch_size,
                                                          .grid = config.grid(),
                                                          .width = config.width,
                                                          .class_token = config.class_token,
                                                          .bias = !config.norm_pre,
                                                          .deviation = kDeviation});
  if (config.rotary_grid > 0)
    tower.rotary = RotaryTable::of_grid({.side = config.grid(),
                                         .counted_side = config.rotary_grid,
                                         .origin = config.rotary_origin,
                                         .columns_first = config.rotary_columns_first},
                                        config.width / config.heads);
  if (config.norm_pre)
    tower.norm_pre =
        declare_norm(table, "visual.ln_pre", config.width, config.norm_epsilon, config.norm);
  for (int i = 0; i < config.layers; ++i) tower.blocks.push_back(declare_block(table, config, i));
  tower.norm_post =
      declare_norm(table, "visual.ln_post", config.width, config.norm_epsilon, config.norm);
  if (config.pooling == ImagePooling::map)
    tower.map_pool = declare_map_pool(table, "visual.attn_pool",
                                      {.width = config.width,
                                       .heads = config.pool_heads,
                                       .mlp_width = kPoolExpansion * config.width,
                                       .activation = Activation::gelu,
                                       .norm_epsilon = config.norm_epsilon});
  tower.projection =
      declare_projection(table, "visual.proj", config.projection, config.width, embedding_width);
  return tower;
}

PlacedRows place_rows(const PatchSelection& selection, bool class_token) {
  PlacedRows rows{
      .sequences = class_token ? selection.sequences.with_one_more() : selection.sequences,
      .positions = patch_positions(selection, class_token)};
  if (!class_token) {
    for (std::int32_t& position : rows.positions) ++position;
  }
  return rows;
}

}  // namespace diptych::network
