#include "checkpoint/configs/timm_fastvit.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

// Names and sizes: timm 1.0.31, fastvit.py; how they become towers: open_clip 3.3.0, timm_model.py.

namespace diptych::checkpoint {
namespace {

using network::FastVitConfig;

FastVitConfig four_stages(std::vector<int> layers, std::vector<int> widths) {
  return {.layers = std::move(layers), .widths = std::move(widths)};
}

/// MobileCLIP2's larger ones (arXiv 2508.20691).
FastVitConfig five_stages(std::vector<int> layers, std::vector<int> widths) {
  return {.layers = std::move(layers),
          .widths = std::move(widths),
          .mlp_ratio = 4,
          .attention_stages = 2,
          .attention_norm = true,
          .excited_stages = 0};
}

FastVitConfig named_config(const std::string& name, ConfigFields& fields) {
  if (name == "fastvit_mci0") return four_stages({2, 6, 10, 2}, {64, 128, 256, 512});
  if (name == "fastvit_mci1") return four_stages({4, 12, 20, 4}, {64, 128, 256, 512});
  if (name == "fastvit_mci2") return four_stages({4, 12, 24, 4}, {80, 160, 320, 640});
  if (name == "fastvit_mci3") return five_stages({2, 12, 24, 4, 2}, {96, 192, 384, 768, 1536});
  if (name == "fastvit_mci4") return five_stages({2, 12, 24, 4, 4}, {128, 256, 512, 1024, 2048});
  fail(ErrorCode::unsupported, "config: {}: got \"{}\", diptych does not have this tower ({})",
       fields.path_of("timm_model_name"), name, fields.file());
}

}  // namespace

bool is_timm_fastvit(std::string_view name) {
  return name.starts_with("fastvit_");
}

FastVitConfig read_timm_fastvit(ConfigFields& fields, int image_size) {
  FastVitConfig config = named_config(fields.text("timm_model_name"), fields);
  config.image_size = image_size;
  ConfigFields changes = fields.object("timm_model_kwargs");
  if (changes.has("layers")) config.layers = changes.integers("layers");
  if (changes.has("embed_dims")) config.widths = changes.integers("embed_dims");
  changes.refuse_rest();
  fields.expect("timm_pool", "avg");
  // The tower's own classifier is the projection.
  fields.expect("timm_proj", nullptr);
  return config;
}

}  // namespace diptych::checkpoint
