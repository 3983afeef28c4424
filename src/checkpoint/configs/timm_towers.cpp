#include "checkpoint/configs/timm_towers.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "checkpoint/configs/mlp_ratio.h"
#include "checkpoint/configs/timm_eva.h"
#include "checkpoint/configs/timm_fastvit.h"
#include "checkpoint/configs/timm_naflex.h"
#include "checkpoint/configs/timm_vitamin.h"

// Names and sizes: timm 1.0.31, vision_transformer.py and convnext.py; how they become towers:
// open_clip 3.3.0, timm_model.py.

namespace diptych::checkpoint {
namespace {

using network::Activation;
using network::ConvNextConfig;
using network::VisionTransformerConfig;

/// timm's vision transformers, except those that say otherwise.
constexpr float kTimmEpsilon = 1e-6F;

struct Sizes {
  int width;
  int layers;
  int heads;
  int mlp_width;
};
constexpr Sizes kBase = {768, 12, 12, 3072};
constexpr Sizes kLarge = {1024, 24, 16, 4096};
/// The shape-optimised model of 400 million parameters (arXiv 2305.13035).
constexpr Sizes kSo400M = {1152, 27, 16, 4304};
constexpr Sizes kGiantOpt = {1536, 40, 16, 6144};

struct NamedConvNext {
  std::string_view name;
  std::array<int, 4> layers;
  std::array<int, 4> widths;
  float norm_epsilon = kTimmEpsilon;
  bool convolution_mlp = false;  ///< MLPs as 1 x 1 convolutions, stored with two more dimensions
};
constexpr auto kConvNexts = std::to_array<NamedConvNext>({
    {.name = "convnext_atto",
     .layers = {2, 2, 6, 2},
     .widths = {40, 80, 160, 320},
     .convolution_mlp = true},
    {"convnext_tiny", {3, 3, 9, 3}, {96, 192, 384, 768}},
    {"convnext_small", {3, 3, 27, 3}, {96, 192, 384, 768}},
    {"convnext_base", {3, 3, 27, 3}, {128, 256, 512, 1024}},
    {"convnext_large", {3, 3, 27, 3}, {192, 384, 768, 1536}},
    {"convnext_xlarge", {3, 3, 27, 3}, {256, 512, 1024, 2048}},
    {"convnext_xxlarge", {3, 4, 30, 3}, {384, 768, 1536, 3072}, 1e-5F},
});

/// A vision transformer of SigLIP's (arXiv 2303.15343): no class token, map pooling.
struct NamedVit {
  std::string_view name;
  int image_size;
  int patch_size;
  Sizes sizes;
  Activation activation = Activation::gelu;
};
constexpr auto kSiglipTowers = std::to_array<NamedVit>({
    {"vit_base_patch32_siglip_256", 256, 32, kBase, Activation::gelu_tanh},
    {"vit_base_patch16_siglip_224", 224, 16, kBase},
    {"vit_base_patch16_siglip_256", 256, 16, kBase},
    {"vit_base_patch16_siglip_384", 384, 16, kBase},
    {"vit_base_patch16_siglip_512", 512, 16, kBase},
    {"vit_large_patch16_siglip_256", 256, 16, kLarge},
    {"vit_large_patch16_siglip_384", 384, 16, kLarge},
    {"vit_large_patch16_siglip_512", 512, 16, kLarge, Activation::gelu_tanh},
    {"vit_so400m_patch14_siglip_224", 224, 14, kSo400M},
    {"vit_so400m_patch14_siglip_378", 378, 14, kSo400M},
    {"vit_so400m_patch14_siglip_384", 384, 14, kSo400M},
    {"vit_so400m_patch16_siglip_256", 256, 16, kSo400M, Activation::gelu_tanh},
    {"vit_so400m_patch16_siglip_384", 384, 16, kSo400M, Activation::gelu_tanh},
    {"vit_so400m_patch16_siglip_512", 512, 16, kSo400M, Activation::gelu_tanh},
    {"vit_giantopt_patch16_siglip_256", 256, 16, kGiantOpt, Activation::gelu_tanh},
    {"vit_giantopt_patch16_siglip_384", 384, 16, kGiantOpt, Activation::gelu_tanh},
});

VisionTransformerConfig config_of(const NamedVit& tower) {
  return {.image_size = tower.image_size,
          .patch_size = tower.patch_size,
          .width = tower.sizes.width,
          .layers = tower.sizes.layers,
          .heads = tower.sizes.heads,
          .mlp_width = tower.sizes.mlp_width,
          .activation = tower.activation,
          .norm_epsilon = kTimmEpsilon,
          .class_token = false,
          .norm_pre = false,
          .patch_bias = true,
          .pooling = network::ImagePooling::map,
          .projection = network::Projection::none};
}

/// CLIP's, with a class token and a linear projection: MobileCLIP's (arXiv 2311.17049, 2508.20691).
struct NamedClassTokenTower {
  std::string_view name;
  VisionTransformerConfig config;
};
constexpr auto kClassTokenTowers = std::to_array<NamedClassTokenTower>({
    {"vit_large_patch14_clip_224",
     {.patch_size = 14,
      .width = kLarge.width,
      .layers = kLarge.layers,
      .heads = kLarge.heads,
      .mlp_width = kLarge.mlp_width,
      .projection = network::Projection::linear}},
    {"vit_base_mci_224",
     {.patch_size = 16,
      .norm_epsilon = kTimmEpsilon,
      .norm_pre = false,
      .convolution_stem = true,
      .class_position = false,
      .projection = network::Projection::linear}},
});

Activation read_act_layer(ConfigFields& fields, Activation otherwise) {
  if (!fields.has("act_layer")) return otherwise;
  if (fields.text("act_layer") == "gelu_tanh") return Activation::gelu_tanh;
  fields.expect("act_layer", "gelu");
  return Activation::gelu;
}

VisionTransformerConfig read_vision_transformer(ConfigFields& fields, const NamedVit& named,
                                                int image_size) {
  VisionTransformerConfig config = config_of(named);
  ConfigFields changes = fields.object("timm_model_kwargs");
  config.image_size = changes.integer("img_size", image_size);
  config.patch_size = changes.integer("patch_size", config.patch_size);
  config.activation = read_act_layer(changes, config.activation);
  read_block_changes(changes, config);
  changes.expect("class_token", false);
  changes.expect("global_pool", "map");
  changes.refuse_rest();
  fields.expect("timm_pool", "map");
  fields.expect("timm_proj", "none");
  return config;
}

VisionTransformerConfig read_class_token_tower(ConfigFields& fields,
                                               const NamedClassTokenTower& named, int image_size) {
  VisionTransformerConfig config = named.config;
  ConfigFields changes = fields.object("timm_model_kwargs");
  config.image_size = changes.integer("img_size", image_size);
  if (!config.convolution_stem)
    config.patch_size = changes.integer("patch_size", config.patch_size);
  read_block_changes(changes, config);
  changes.refuse_rest();
  fields.expect("timm_pool", "token");
  // The tower's own classifier is the projection.
  fields.expect("timm_proj", nullptr);
  return config;
}

ConvNextConfig read_convnext(ConfigFields& fields, const NamedConvNext& named, int image_size) {
  ConvNextConfig config{.image_size = image_size,
                        .layers = named.layers,
                        .widths = named.widths,
                        .norm_epsilon = named.norm_epsilon};
  ConfigFields changes = fields.object("timm_model_kwargs");
  if (changes.has("depths")) config.layers = changes.four("depths");
  if (changes.has("dims")) config.widths = changes.four("dims");
  changes.refuse_rest();
  // Its own pooling is the mean.
  if (fields.text("timm_pool", "avg") != "") fields.expect("timm_pool", "avg");
  config.mlp_projection = fields.text("timm_proj", "linear") == "mlp";
  if (!config.mlp_projection) fields.expect("timm_proj", "linear");
  fields.expect("timm_proj_bias", false);
  return config;
}

template <typename Towers>
auto find_named(const Towers& towers, const std::string& name) {
  const auto found = std::find_if(towers.begin(), towers.end(),
                                  [&](const auto& tower) { return tower.name == name; });
  return found == towers.end() ? nullptr : &*found;
}

network::ImageTowerConfig read_named(ConfigFields& fields, const std::string& name,
                                     int image_size) {
  if (is_timm_eva(name)) return read_timm_eva(fields, image_size);
  if (is_timm_fastvit(name)) return read_timm_fastvit(fields, image_size);
  if (is_timm_naflex(name)) return read_timm_naflex(fields, image_size);
  if (is_timm_vitamin(name)) return read_timm_vitamin(fields);
  if (const NamedVit* named = find_named(kSiglipTowers, name))
    return read_vision_transformer(fields, *named, image_size);
  if (const NamedClassTokenTower* named = find_named(kClassTokenTowers, name))
    return read_class_token_tower(fields, *named, image_size);
  if (const NamedConvNext* named = find_named(kConvNexts, name))
    return read_convnext(fields, *named, image_size);
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych does not have this tower ({})",
       fields.path_of("timm_model_name"), name, fields.file());
}

}  // namespace

network::ImageTowerConfig read_timm_tower(ConfigFields& fields, int image_size) {
  const std::string name = fields.text("timm_model_name");
  // The caller's, and training options.
  fields.ignore(
      {"image_size", "timm_model_pretrained", "timm_drop", "timm_drop_path", "patch_dropout"});
  const network::ImageTowerConfig config = read_named(fields, name, image_size);
  fields.refuse_rest();
  return config;
}

bool is_timm_tower(const VisionTransformerConfig& config) {
  return !config.class_token || config.projection == network::Projection::linear;
}

namespace {

/// Under the name of the first: the second's batch normalisation is gone.
Json write_class_token_tower(const VisionTransformerConfig& config) {
  if (config.convolution_stem) {
    fail(ErrorCode::unsupported,
         "open_clip's form of MobileCLIP-B has batch normalisation in its stem, which was fused "
         "when it was loaded: it cannot be written");
  }
  const NamedClassTokenTower& named = kClassTokenTowers.front();
  Json json = {{"image_size", config.image_size},
               {"timm_model_pretrained", false},
               {"timm_model_name", named.name},
               {"timm_pool", "token"},
               {"timm_proj", nullptr}};
  if (config != named.config) {
    json["timm_model_kwargs"] = {
        {"img_size", config.image_size}, {"patch_size", config.patch_size},
        {"embed_dim", config.width},     {"depth", config.layers},
        {"num_heads", config.heads},     {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)}};
  }
  return json;
}

Json write_siglip_tower(const VisionTransformerConfig& config) {
  Json json = {{"image_size", config.image_size},
               {"timm_model_pretrained", false},
               {"timm_pool", "map"},
               {"timm_proj", "none"}};
  const auto* named = std::find_if(kSiglipTowers.begin(), kSiglipTowers.end(),
                                   [&](const NamedVit& t) { return config_of(t) == config; });
  if (named != kSiglipTowers.end()) {
    json["timm_model_name"] = named->name;
  } else {
    json["timm_model_name"] = kSiglipTowers.front().name;
    json["timm_model_kwargs"] = {
        {"img_size", config.image_size},
        {"patch_size", config.patch_size},
        {"embed_dim", config.width},
        {"depth", config.layers},
        {"num_heads", config.heads},
        {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)},
        {"act_layer", config.activation == Activation::gelu_tanh ? "gelu_tanh" : "gelu"}};
  }
  return json;
}

}  // namespace

Json write_timm_tower(const VisionTransformerConfig& config) {
  const Json json =
      config.class_token ? write_class_token_tower(config) : write_siglip_tower(config);
  ConfigFields fields(json, "vision_cfg", "open_clip_config.json");
  if (read_timm_tower(fields, config.image_size) != network::ImageTowerConfig(config))
    fail(ErrorCode::unsupported, "open_clip's config cannot say this model's image tower");
  return json;
}

Json write_timm_tower(const ConvNextConfig& config) {
  Json json = {{"image_size", config.image_size},
               {"timm_model_pretrained", false},
               {"timm_pool", ""},
               {"timm_proj", config.mlp_projection ? "mlp" : "linear"}};
  const auto same_blocks = [&](const NamedConvNext& named) {
    return !named.convolution_mlp && named.norm_epsilon == config.norm_epsilon;
  };
  const auto same_sizes = [&](const NamedConvNext& named) {
    return same_blocks(named) && named.layers == config.layers && named.widths == config.widths;
  };
  const auto* named = std::find_if(kConvNexts.begin(), kConvNexts.end(), same_sizes);
  if (named == kConvNexts.end()) {
    named = std::find_if(kConvNexts.begin(), kConvNexts.end(), same_blocks);
    json["timm_model_kwargs"] = {{"depths", config.layers}, {"dims", config.widths}};
  }
  json["timm_model_name"] = named == kConvNexts.end() ? "" : named->name;
  ConfigFields fields(json, "vision_cfg", "open_clip_config.json");
  if (read_timm_tower(fields, config.image_size) != network::ImageTowerConfig(config))
    fail(ErrorCode::unsupported, "open_clip's config cannot say this model's image tower");
  return json;
}

}  // namespace diptych::checkpoint
