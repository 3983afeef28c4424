#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "diptych/export.h"
#include "diptych/image.h"
#include "diptych/tokenizer.h"

namespace diptych {

/// One tower, in the field's terms; "none" and zeros for one that a model does not have.
struct TowerInfo {
  std::string architecture;  ///< "vision transformer", "modified ResNet", "text transformer", ...
  int width = 0;             ///< of the residual stream; for a ResNet, channels after its stem
  std::vector<int> layers;   ///< number of blocks; for a ResNet, in each of its four stages
  int heads = 0;             ///< of attention; for a ResNet, of its attention pool
  int mlp_width = 0;         ///< zero where there is no MLP
  std::string activation;    ///< "gelu", "quick_gelu", "relu", ...
  std::string pooling;       ///< where the feature is read: "class token", "end-of-text token", ...
};

/// What rounding to eight bits cost beside fp32, measured where the model was made.
struct QuantisationLoss {
  double image_cosine = 1.0;  ///< to fp32's embedding, the smallest of the pictures
  double text_cosine = 1.0;   ///< the smallest of the texts
  double agreement = 1.0;     ///< pictures whose nearest text is the same, of all
  int pictures = 0;           ///< that were compared
  int texts = 0;
};

/// What a model is, as far as its files say, and what had to be assumed.
struct ModelInfo {
  std::string name;       ///< as asked for: a path, or the name of the embedded model
  std::string family;     ///< whose conventions the checkpoint follows: "openai", "open_clip", ...
  std::string container;  ///< file format of the weights: "safetensors", "TorchScript archive", ...
  std::string dtype;      ///< as stored: "float32", "float16", ...
  std::uint64_t parameters = 0;  ///< numbers in both towers together
  int embedding_width = 0;       ///< length of an embedding

  /// Whether the model has the tower. One that is a tower alone embeds what that one takes;
  /// whatever needs the other throws Error(unsupported).
  bool has_image_tower = true;
  bool has_text_tower = true;

  TowerInfo image_tower;
  int image_size = 0;  ///< side of the square the image tower sees, in pixels
  int patch_size = 0;  ///< side, in pixels; zero for a ResNet

  TowerInfo text_tower;
  int context_length = 0;   ///< longest text, in tokens
  int vocabulary_size = 0;  ///< token ids are in [0, vocabulary_size)

  /// What a cosine similarity is multiplied by before the softmax; zero for a tower alone.
  float logit_scale = 0.0F;
  float logit_bias = 0.0F;  ///< what is added to that product; zero where a model has no bias
  /// Whether the model has a bias: it was trained with the sigmoid loss, and sigmoid(logit scale x
  /// cosine + bias) is its answer for a picture and a text by themselves.
  bool has_logit_bias = false;
  Preprocessing preprocessing;
  std::string tokenizer;  ///< "clip", "chinese", ...; "none" when no vocabulary fits the model
  /// Of a model whose folder has its weights in int8, which Precision::automatic then is.
  std::optional<QuantisationLoss> int8;
  /// What the files do not say and was therefore assumed, one sentence each; empty when they say
  /// everything.
  std::vector<std::string> assumptions;
};

/// Each throws Error(unsupported) for a model without this tower, naming the model.
DIPTYCH_API void require_image_tower(const ModelInfo& info);
DIPTYCH_API void require_text_tower(const ModelInfo& info);

struct LoadOptions {
  /// Side of the pictures that the image tower is to see, in pixels; its positions are resized as
  /// its family's program does. Default 0: the model's own.
  int image_size = 0;
  /// The longest text that the text tower is to see, in tokens; its positions are resized. Default
  /// 0: the model's own.
  int context_length = 0;
  /// Whether the towers have QuickGELU, which weights do not show. Default: absent, what the files
  /// say or, where they say nothing, the family's usual, which is then an assumption.
  std::optional<bool> quick_gelu;
  /// Heads of the image tower's attention, which weights do not show. Default 0: what the files
  /// say, or heads of width 64, which is then an assumption.
  int image_heads = 0;
  int text_heads = 0;  ///< the same of the text tower
  /// Refuses a model of which anything had to be assumed. Default: it loads, and
  /// ModelInfo::assumptions says what.
  bool strict = false;
};

/// Two towers, or one alone, ready to encode, with how their inputs are made. Copies are cheap and
/// share the weights. Immutable; every member is thread-safe.
class DIPTYCH_API Model {
 public:
  /// Loads a model:
  ///   - an empty name: the embedded model;
  ///   - a path: a checkpoint file, or a folder with one checkpoint and its family's config;
  ///     "local-dir:" may stand before it;
  ///   - the name of a listed model that was pulled (diptych/catalogue.h). Nothing is ever fetched.
  ///     What its files leave open is as its publisher says.
  /// Weights are mapped where their format allows it, so that a file must not be cut short while a
  /// model loaded from it lives. Nothing in a file is ever executed. Throws Error: not_found, io,
  /// corrupt_data, unsupported, out_of_memory; invalid_argument when weights and config do not fit,
  /// when the files contradict what is known of the name or stated, for sizes that the towers
  /// cannot have, for weights that are not finite, and, when `strict`, for what had to be assumed.
  static Model load(const std::string& name_or_path = {}, const LoadOptions& options = {});

  const ModelInfo& info() const;

  /// Returns what turns a text into token ids. Throws Error(unsupported) when the model came
  /// without a tokenizer and none of the built-in ones fits its vocabulary.
  const Tokenizer& tokenizer() const;

  /// What the layers share; opaque to users.
  class Implementation;
  const Implementation& implementation() const { return *implementation_; }

 private:
  explicit Model(std::shared_ptr<const Implementation> implementation)
      : implementation_(std::move(implementation)) {}

  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace diptych
