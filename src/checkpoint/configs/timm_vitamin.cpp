#include "checkpoint/configs/timm_vitamin.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "checkpoint/configs/mlp_ratio.h"

// Names and sizes: timm 1.0.31, vitamin.py; how they become towers: open_clip 3.3.0, timm_model.py.

namespace diptych::checkpoint {
namespace {

using network::ViTaminConfig;

struct NamedViTamin {
  std::string_view name;
  ViTaminConfig config;
};

constexpr ViTaminConfig vitamin(int image_size, std::array<int, 2> convolution_widths, int width,
                                int layers, int heads) {
  return {.image_size = image_size,
          .convolution_widths = convolution_widths,
          .width = width,
          .layers = layers,
          .heads = heads,
          .mlp_width = 2 * width};
}

constexpr ViTaminConfig large(int image_size) {
  return vitamin(image_size, {160, 320}, 1024, 31, 16);
}

constexpr ViTaminConfig extra_large(int image_size) {
  ViTaminConfig config = vitamin(image_size, {192, 384}, 1152, 32, 16);
  config.positions = false;
  return config;
}

/// The "large2" models have the same image tower under a wider text tower.
constexpr auto kViTamins =
    std::to_array<NamedViTamin>({{"vitamin_small_224", vitamin(224, {64, 128}, 384, 14, 6)},
                                 {"vitamin_base_224", vitamin(224, {128, 256}, 768, 14, 12)},
                                 {"vitamin_large_224", large(224)},
                                 {"vitamin_large_256", large(256)},
                                 {"vitamin_large_336", large(336)},
                                 {"vitamin_large_384", large(384)},
                                 {"vitamin_large2_224", large(224)},
                                 {"vitamin_large2_256", large(256)},
                                 {"vitamin_large2_336", large(336)},
                                 {"vitamin_large2_384", large(384)},
                                 {"vitamin_xlarge_256", extra_large(256)},
                                 {"vitamin_xlarge_336", extra_large(336)},
                                 {"vitamin_xlarge_384", extra_large(384)}});

/// Beside timm's own arguments, those of the convolutions that its names stand for.
void read_changes(ConfigFields changes, ViTaminConfig& config) {
  config.image_size = changes.integer("img_size", config.image_size);
  read_block_changes(changes, config);
  if (changes.has("conv_depths")) config.convolution_layers = changes.two("conv_depths");
  if (changes.has("conv_dims")) config.convolution_widths = changes.two("conv_dims");
  if (changes.has("pos_embed")) {
    config.positions = changes.text("pos_embed") == "learn";
    if (!config.positions) changes.expect("pos_embed", "none");
  }
  changes.refuse_rest();
}

Json write_changes(const ViTaminConfig& config) {
  return {{"img_size", config.image_size},
          {"embed_dim", config.width},
          {"depth", config.layers},
          {"num_heads", config.heads},
          {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)},
          {"conv_depths", config.convolution_layers},
          {"conv_dims", config.convolution_widths},
          {"pos_embed", config.positions ? "learn" : "none"}};
}

}  // namespace

bool is_timm_vitamin(std::string_view name) {
  return name.starts_with("vitamin_");
}

ViTaminConfig read_timm_vitamin(ConfigFields& fields) {
  const std::string name = fields.text("timm_model_name");
  const auto* named = std::find_if(kViTamins.begin(), kViTamins.end(),
                                   [&](const NamedViTamin& tower) { return tower.name == name; });
  if (named == kViTamins.end()) {
    fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych does not have this tower ({})",
         fields.path_of("timm_model_name"), name, fields.file());
  }
  // The name gives the size too: open_clip's own config of the largest model has another one beside
  // it, which timm never hears of.
  ViTaminConfig config = named->config;
  read_changes(fields.object("timm_model_kwargs"), config);
  // Its own pooling is the mean.
  if (fields.text("timm_pool", "avg") != "") fields.expect("timm_pool", "avg");
  fields.expect("timm_proj", "linear");
  fields.expect("timm_proj_bias", false);
  return config;
}

Json write_timm_vitamin(const ViTaminConfig& config) {
  Json json = {{"image_size", config.image_size},
               {"timm_model_pretrained", false},
               {"timm_pool", ""},
               {"timm_proj", "linear"}};
  const auto* named =
      std::find_if(kViTamins.begin(), kViTamins.end(),
                   [&](const NamedViTamin& tower) { return tower.config == config; });
  json["timm_model_name"] = named != kViTamins.end() ? named->name : kViTamins.front().name;
  if (named == kViTamins.end()) json["timm_model_kwargs"] = write_changes(config);
  return json;
}

}  // namespace diptych::checkpoint
