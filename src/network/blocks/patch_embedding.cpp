#include "network/blocks/patch_embedding.h"

#include <cmath>

namespace diptych::network {

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

std::vector<std::int32_t> patch_rows(const PatchSelection& selection, int patches_each) {
  std::vector<std::int32_t> rows = selection.patches;
  for (int picture = 0; picture < selection.sequences.count(); ++picture) {
    const int begin = selection.sequences.begin(picture);
    for (int i = begin; i < begin + selection.sequences.length(picture); ++i)
      rows[static_cast<std::size_t>(i)] += picture * patches_each;
  }
  return rows;
}

std::vector<std::int32_t> patch_positions(const PatchSelection& selection, bool class_token) {
  if (!class_token) return selection.patches;
  std::vector<std::int32_t> positions;
  for (int picture = 0; picture < selection.sequences.count(); ++picture) {
    const int begin = selection.sequences.begin(picture);
    positions.push_back(0);
    for (int i = begin; i < begin + selection.sequences.length(picture); ++i)
      positions.push_back(1 + selection.patches[static_cast<std::size_t>(i)]);
  }
  return positions;
}

std::vector<std::int32_t> rows_after_class_tokens(const PatchSelection& selection) {
  std::vector<std::int32_t> rows;
  for (int picture = 0; picture < selection.sequences.count(); ++picture) {
    const int begin = selection.sequences.begin(picture);
    for (int i = begin; i < begin + selection.sequences.length(picture); ++i)
      rows.push_back(i + picture + 1);
  }
  return rows;
}

namespace {

ConvolutionStem declare_stem(ParameterTable& table, int width) {
  const int narrow = width / 4;
  constexpr int kFirst = ConvolutionStem::kFirstWindow;
  constexpr int kWindow = ConvolutionStem::kWindow;
  const auto declare = [&](const char* name, int inputs, int outputs, int size) {
    const float deviation = 1.0F / std::sqrt(static_cast<float>(inputs * size * size));
    return declare_square_convolution(table, name, inputs, outputs, size, deviation);
  };
  return {.first = declare("visual.stem.0", 3, narrow, kFirst),
          .second = declare("visual.stem.1", narrow, narrow, kWindow),
          .third = declare("visual.stem.2", narrow, width, kWindow)};
}

}  // namespace

PatchEmbedding declare_patch_embedding(ParameterTable& table, const PatchEmbeddingConfig& config) {
  const int patch_inputs = 3 * config.patch_size * config.patch_size;
  const int places =
      config.grid * config.grid + (config.class_token && config.class_position ? 1 : 0);
  PatchEmbedding embedding{.patch_size = config.patch_size,
                           .grid = config.grid,
                           .class_position = config.class_position};
  if (config.class_token) {
    embedding.class_embedding = table.declare("visual.class_embedding", {config.width},
                                              Initialiser::normal(config.deviation));
  }
  embedding.positional_embedding = table.declare(
      "visual.positional_embedding", {places, config.width}, Initialiser::normal(config.deviation));
  if (config.convolution_stem) {
    embedding.stem = declare_stem(table, config.width);
    return embedding;
  }
  embedding.projection.inputs = patch_inputs;
  embedding.projection.outputs = config.width;
  embedding.projection.weight =
      table.declare("visual.conv1.weight", {config.width, 3, config.patch_size, config.patch_size},
                    Initialiser::normal(1.0F / std::sqrt(static_cast<float>(patch_inputs))));
  if (config.bias) {
    embedding.projection.bias =
        table.declare("visual.conv1.bias", {config.width}, Initialiser::constant(0.0F));
  }
  return embedding;
}

}  // namespace diptych::network
