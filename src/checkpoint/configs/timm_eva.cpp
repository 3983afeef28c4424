#include "checkpoint/configs/timm_eva.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "checkpoint/configs/mlp_ratio.h"

// Names, sizes and options: timm 1.0, eva.py; how they become towers: open_clip, timm_model.py.

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::EvaTransformerConfig;
using network::ImagePooling;

struct NamedEva {
  std::string_view name;
  EvaTransformerConfig config;
};

/// EVA-02's base and large towers.
constexpr EvaTransformerConfig eva_02(int image_size, int patch_size, int width, int layers,
                                      int mlp_width) {
  return {.image_size = image_size,
          .patch_size = patch_size,
          .width = width,
          .layers = layers,
          .heads = width / 64,
          .mlp_width = mlp_width,
          .activation = Activation::silu,
          .gated_mlp = true,
          .inner_norms = true,
          .rotary_grid = 16};
}

/// Perception Encoder's (arXiv 2504.13181), all but the largest.
constexpr EvaTransformerConfig pe_core(int image_size, int patch_size, int width, int layers) {
  return {.image_size = image_size,
          .patch_size = patch_size,
          .width = width,
          .layers = layers,
          .heads = width / 64,
          .mlp_width = 4 * width,
          .norm_epsilon = 1e-5F,
          .key_bias = true,
          .rotary_grid = image_size / patch_size,
          .rotary_origin = 1,
          .rotary_columns_first = true,
          .norm_pre = true,
          .pooling = ImagePooling::map};
}

constexpr EvaTransformerConfig pe_core_gigantic() {
  EvaTransformerConfig config = pe_core(448, 14, 1536, 50);
  config.heads = 16;
  config.mlp_width = 8960;
  config.rotary_origin = 0;
  config.class_token = false;
  return config;
}

constexpr auto kEvaTowers = std::to_array<NamedEva>(
    {{"eva_giant_patch14_224", {}},
     {"eva_giant_patch14_clip_224", {}},
     {"eva02_base_patch16_clip_224", eva_02(224, 16, 768, 12, 2048)},
     {"eva02_large_patch14_clip_224", eva_02(224, 14, 1024, 24, 2730)},
     {"eva02_large_patch14_clip_336", eva_02(336, 14, 1024, 24, 2730)},
     {"eva02_enormous_patch14_clip_224",
      {.width = 1792, .layers = 64, .heads = 16, .mlp_width = 15360, .post_norm = true}},
     {"vit_pe_core_tiny_patch16_384", pe_core(384, 16, 192, 12)},
     {"vit_pe_core_small_patch16_384", pe_core(384, 16, 384, 12)},
     {"vit_pe_core_base_patch16_224", pe_core(224, 16, 768, 12)},
     {"vit_pe_core_large_patch14_336", pe_core(336, 14, 1024, 24)},
     {"vit_pe_core_gigantic_patch14_448", pe_core_gigantic()}});

/// The defaults of timm's Eva class, for towers that are named but not known.
constexpr EvaTransformerConfig kTimmDefaults = {
    .patch_size = 16, .width = 768, .layers = 12, .heads = 12, .mlp_width = 3072};

/// Rotary positions are counted on the grid `ref_feat_shape`, or else on the tower's own.
int read_rotary_grid(ConfigFields& changes, const EvaTransformerConfig& config) {
  if (!changes.boolean("use_rot_pos_emb", config.rotary_grid > 0)) {
    changes.ignore({"ref_feat_shape"});
    return 0;
  }
  if (!changes.has("ref_feat_shape"))
    return config.rotary_grid > 0 ? config.rotary_grid : config.grid();
  const std::vector<double> sides = changes.numbers("ref_feat_shape");
  if (sides.size() != 2 || sides[0] != sides[1] || !(sides[0] >= 1 && sides[0] <= 1e6)) {
    fail(ErrorCode::unsupported, "config: {}: expected a square ({})",
         changes.path_of("ref_feat_shape"), changes.file());
  }
  return static_cast<int>(sides[0]);
}

void read_changes(ConfigFields changes, EvaTransformerConfig& config) {
  config.image_size = changes.integer("img_size", config.image_size);
  config.patch_size = changes.integer("patch_size", config.patch_size);
  if (config.patch_size < 1) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected at least 1 ({})",
         changes.path_of("patch_size"), config.patch_size, changes.file());
  }
  read_block_changes(changes, config);
  config.gated_mlp = changes.boolean("swiglu_mlp", config.gated_mlp);
  config.activation = config.gated_mlp ? Activation::silu : Activation::gelu;
  config.inner_norms = changes.boolean("scale_mlp", config.inner_norms);
  if (config.gated_mlp && !config.inner_norms) {
    fail(ErrorCode::unsupported,
         "config: {}: got no scale_mlp, without which timm has other layers ({})",
         changes.path_of("swiglu_mlp"), changes.file());
  }
  if (changes.has("scale_attn_inner")) changes.expect("scale_attn_inner", config.inner_norms);
  config.post_norm = changes.boolean("use_post_norm", config.post_norm);
  config.layer_scale = changes.number("init_values", 0.0) > 0.0;
  config.rotary_grid = read_rotary_grid(changes, config);
  config.rotary_origin = changes.integer("rope_grid_offset", config.rotary_origin);
  config.class_token = changes.boolean("class_token", config.class_token);
  config.pool_heads = changes.integer("attn_pool_num_heads", config.pool_heads);
  changes.ignore({"qkv_fused"});  // how weights are stored
  changes.refuse_rest();
}

const char* pool_name(const EvaTransformerConfig& config) {
  return config.pooling == ImagePooling::map ? "map" : "token";
}

/// A tower whose sizes the changes then replace.
std::string_view nearest_name(const EvaTransformerConfig& config) {
  return config.pooling == ImagePooling::map ? "vit_pe_core_base_patch16_224"
                                             : "eva_giant_patch14_224";
}

Json write_changes(const EvaTransformerConfig& config) {
  Json changes = {
      {"img_size", config.image_size},     {"patch_size", config.patch_size},
      {"embed_dim", config.width},         {"depth", config.layers},
      {"num_heads", config.heads},         {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)},
      {"qkv_fused", !config.inner_norms},  {"swiglu_mlp", config.gated_mlp},
      {"scale_mlp", config.inner_norms},   {"scale_attn_inner", config.inner_norms},
      {"use_post_norm", config.post_norm}, {"use_rot_pos_emb", config.rotary_grid > 0}};
  if (config.rotary_grid > 0) changes["ref_feat_shape"] = {config.rotary_grid, config.rotary_grid};
  if (config.layer_scale) changes["init_values"] = 0.1;
  if (config.pooling == ImagePooling::map) {
    changes["class_token"] = config.class_token;
    changes["rope_grid_offset"] = config.rotary_origin;
    changes["attn_pool_num_heads"] = config.pool_heads;
  }
  return changes;
}

}  // namespace

bool is_timm_eva(std::string_view name) {
  return name.starts_with("eva_") || name.starts_with("eva02_") || name.starts_with("vit_pe_core_");
}

EvaTransformerConfig read_timm_eva(ConfigFields& fields, int image_size) {
  const std::string name = fields.text("timm_model_name");
  const auto* named = std::find_if(kEvaTowers.begin(), kEvaTowers.end(),
                                   [&](const NamedEva& tower) { return tower.name == name; });
  if (named == kEvaTowers.end() && !fields.has("timm_model_kwargs")) {
    fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych does not have this tower ({})",
         fields.path_of("timm_model_name"), name, fields.file());
  }
  EvaTransformerConfig config = named == kEvaTowers.end() ? kTimmDefaults : named->config;
  config.image_size = image_size;
  read_changes(fields.object("timm_model_kwargs"), config);
  fields.expect("timm_pool", pool_name(config));
  fields.expect("timm_proj", nullptr);  // the tower's own head projects
  return config;
}

Json write_timm_eva(const EvaTransformerConfig& config) {
  Json json = {{"image_size", config.image_size},
               {"timm_model_pretrained", false},
               {"timm_pool", pool_name(config)},
               {"timm_proj", nullptr}};
  const auto* named = std::find_if(kEvaTowers.begin(), kEvaTowers.end(),
                                   [&](const NamedEva& tower) { return tower.config == config; });
  if (named != kEvaTowers.end()) {
    json["timm_model_name"] = named->name;
  } else {
    json["timm_model_name"] = nearest_name(config);
    json["timm_model_kwargs"] = write_changes(config);
  }
  ConfigFields fields(json, "vision_cfg", "open_clip_config.json");
  if (read_timm_eva(fields, config.image_size) != config)
    fail(ErrorCode::unsupported, "open_clip's config cannot say this model's image tower");
  return json;
}

}  // namespace diptych::checkpoint
