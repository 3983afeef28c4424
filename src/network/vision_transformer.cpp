#include "network/vision_transformer.h"

#include <cmath>

namespace diptych::network {

VisionTransformer declare_vision_transformer(ParameterTable& table,
                                             const VisionTransformerConfig& config,
                                             int embedding_width) {
  const float deviation = 1.0F / std::sqrt(static_cast<float>(config.width));
  const int patch_inputs = 3 * config.patch_size * config.patch_size;
  VisionTransformer tower{.config = config};
  tower.class_embedding =
      table.declare("visual.class_embedding", {config.width}, Initialiser::normal(deviation));
  tower.positional_embedding = table.declare("visual.positional_embedding",
                                             {1 + config.grid() * config.grid(), config.width},
                                             Initialiser::normal(deviation));
  tower.projection =
      declare_projection(table, "visual.proj", config.width, embedding_width, deviation);
  tower.patch_embedding.inputs = patch_inputs;
  tower.patch_embedding.outputs = config.width;
  tower.patch_embedding.weight =
      table.declare("visual.conv1.weight", {config.width, 3, config.patch_size, config.patch_size},
                    Initialiser::normal(1.0F / std::sqrt(static_cast<float>(patch_inputs))));
  tower.norm_pre = declare_norm(table, "visual.ln_pre", config.width, config.norm_epsilon);
  tower.blocks = declare_residual_blocks(table, "visual.transformer.resblocks",
                                         residual_blocks_config(config));
  tower.norm_post = declare_norm(table, "visual.ln_post", config.width, config.norm_epsilon);
  return tower;
}

PatchSelection PatchSelection::all(int pictures, int patches_each) {
  PatchSelection selection{.sequences = Sequences::uniform(pictures, patches_each)};
  selection.patches = selection.sequences.positions();
  return selection;
}

PatchSelection PatchSelection::random(int pictures, int patches_each, int kept,
                                      const std::function<std::uint64_t(std::uint64_t)>& choose) {
  PatchSelection selection{.sequences = Sequences::uniform(pictures, kept)};
  for (int picture = 0; picture < pictures; ++picture) {
    // Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): uniform, and already in order.
    int wanted = kept;
    for (int patch = 0; wanted > 0; ++patch) {
      if (choose(static_cast<std::uint64_t>(patches_each - patch)) <
          static_cast<std::uint64_t>(wanted)) {
        selection.patches.push_back(patch);
        --wanted;
      }
    }
  }
  return selection;
}

}  // namespace diptych::network
