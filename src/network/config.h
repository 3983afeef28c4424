#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "network/towers/absent_tower.h"
#include "network/towers/bert.h"
#include "network/towers/convnext.h"
#include "network/towers/eva_transformer.h"
#include "network/towers/fastvit.h"
#include "network/towers/modified_resnet.h"
#include "network/towers/multimodal_decoder.h"
#include "network/towers/naflex_transformer.h"
#include "network/towers/text_transformer.h"
#include "network/towers/vision_transformer.h"
#include "network/towers/vitamin.h"

namespace diptych::network {

/// Towers that take the same place in a model, and their configs.
template <typename... Towers>
struct TowerList {
  using Tower = std::variant<Towers...>;
  using Config = std::variant<decltype(Towers::config)...>;
};

/// Where a tower is registered.
using ImageTowers = TowerList<VisionTransformer, ModifiedResNet, EvaTransformer, ConvNext, ViTamin,
                              FastVit, NaflexTransformer, AbsentImageTower>;
using TextTowers = TowerList<TextTransformer, Bert, AbsentTextTower>;

using ImageTowerConfig = ImageTowers::Config;
using TextTowerConfig = TextTowers::Config;

struct ModelConfig {
  int embedding_width = 512;
  ImageTowerConfig image;
  TextTowerConfig text;
  /// A score is scale x cosine similarity, plus this bias where there is one (SigLIP).
  bool logit_bias = false;
  /// Where a model writes captions.
  std::optional<MultimodalDecoderConfig> decoder;

  bool operator==(const ModelConfig&) const = default;
};

/// Returns whether a model has the tower; it has one of them at least.
bool has_image_tower(const ModelConfig& config);
bool has_text_tower(const ModelConfig& config);
/// Throws Error(unsupported), naming the model, unless it has both towers, without which there are
/// no scores.
void require_both_towers(const ModelConfig& config, std::string_view model);

/// Returns the side of the square the image tower sees, in pixels; 0 without one.
int image_size(const ImageTowerConfig& config);
/// Returns whether the image tower takes a picture of that size, in pixels.
bool takes_picture(const ImageTowerConfig& config, const PictureSize& size);
/// Returns how many patches the image tower makes of a picture, of which it takes any; 0 when it
/// makes none or needs all.
int patch_count(const ImageTowerConfig& config);
/// Returns whether rows of the image tower can be merged (blocks/token_merging.h).
bool merges_rows(const ImageTowerConfig& config);
/// Returns the longest text the text tower takes, in tokens; 0 without one.
int context_length(const TextTowerConfig& config);
/// Returns the size of the vocabulary: token ids are in [0, vocabulary_size).
int vocabulary_size(const TextTowerConfig& config);

/// Throws Error(invalid_argument) naming the field, unless every size is positive, within the
/// limits that keep a hostile config from asking for absurd memory, and divides what it must.
void validate(const ModelConfig& config);

}  // namespace diptych::network
