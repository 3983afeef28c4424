#include "checkpoint/configs/timm_naflex.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "checkpoint/configs/mlp_ratio.h"

// Names and sizes: timm 1.0.31, naflexvit.py; how they become towers: open_clip 3.3.0,
// timm_model.py.

namespace diptych::checkpoint {
namespace {

using network::NaflexTransformerConfig;

struct NamedNaflex {
  std::string_view name;
  NaflexTransformerConfig config;
};
constexpr auto kNaflexTowers =
    std::to_array<NamedNaflex>({{"naflexvit_base_patch16_siglip", {}},
                                {"naflexvit_so400m_patch16_siglip",
                                 {.width = 1152, .layers = 27, .heads = 16, .mlp_width = 4304}}});

const NamedNaflex* find_naflex(std::string_view name) {
  const auto* found = std::ranges::find(kNaflexTowers, name, &NamedNaflex::name);
  return found == kNaflexTowers.end() ? nullptr : found;
}

/// The table of positions is square.
int read_grid(ConfigFields& fields, int otherwise) {
  if (!fields.has("pos_embed_grid_size")) return otherwise;
  const std::vector<double> sides = fields.numbers("pos_embed_grid_size");
  if (sides.size() != 2 || sides[0] != sides[1] || !(sides[0] >= 1 && sides[0] <= 1e6))
    fail(ErrorCode::unsupported,
         "config: {}: got no square, diptych has square position grids ({})",
         fields.path_of("pos_embed_grid_size"), fields.file());
  return static_cast<int>(sides[0]);
}

}  // namespace

bool is_timm_naflex(std::string_view name) {
  return find_naflex(name) != nullptr;
}

NaflexTransformerConfig read_timm_naflex(ConfigFields& fields, int image_size) {
  NaflexTransformerConfig config = find_naflex(fields.text("timm_model_name"))->config;
  config.image_size = image_size;
  ConfigFields changes = fields.object("timm_model_kwargs");
  config.patch_size = changes.integer("patch_size", config.patch_size);
  config.position_grid = read_grid(changes, config.position_grid);
  read_block_changes(changes, config);
  changes.refuse_rest();
  // What the size says already.
  if (config.patch_size > 0) fields.expect("image_seq_len", config.most_patches());
  fields.expect("timm_pool", "map");
  fields.expect("timm_proj", "none");
  return config;
}

Json write_timm_naflex(const NaflexTransformerConfig& config) {
  Json json = {{"image_size", config.image_size},
               {"image_seq_len", config.most_patches()},
               {"timm_model_pretrained", false},
               {"timm_pool", "map"},
               {"timm_proj", "none"}};
  const auto* named = std::ranges::find_if(kNaflexTowers, [&](NamedNaflex tower) {
    tower.config.image_size = config.image_size;
    return tower.config == config;
  });
  if (named == kNaflexTowers.end()) {
    named = kNaflexTowers.begin();
    json["timm_model_kwargs"] = {
        {"patch_size", config.patch_size},
        {"embed_dim", config.width},
        {"depth", config.layers},
        {"num_heads", config.heads},
        {"mlp_ratio", mlp_ratio(config.width, config.mlp_width)},
        {"pos_embed_grid_size", {config.position_grid, config.position_grid}}};
  }
  json["timm_model_name"] = named->name;
  ConfigFields fields(json, "vision_cfg", "open_clip_config.json");
  if (read_timm_naflex(fields, config.image_size) != config)
    fail(ErrorCode::unsupported, "open_clip's config cannot say this model's image tower");
  return json;
}

}  // namespace diptych::checkpoint
