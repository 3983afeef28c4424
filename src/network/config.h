#pragma once

#include <array>
#include <optional>
#include <variant>
#include <vector>

namespace diptych::network {

enum class Activation { none, relu, quick_gelu, gelu, gelu_tanh, silu, sigmoid };

enum class NormKind {
  layer,  ///< (x - mean) / sqrt(variance + epsilon) * weight + bias (arXiv 1607.06450)
  rms,    ///< x / sqrt(mean of squares + epsilon) * weight (arXiv 1910.07467)
};

/// What a vision transformer makes of its rows.
enum class ImagePooling {
  class_token,  ///< the class token's row, normalised
  mean,         ///< the mean of the patches' rows, normalised after (CLIPA, arXiv 2305.07017)
  map,          ///< multi-head attention by a learned query, then an MLP (arXiv 2106.04560, SigLIP)
  queries,  ///< attention by learned queries into the joint space, of which the first counts (CoCa)
};

/// What lies between a pooled row and the feature.
enum class Projection {
  matrix,  ///< x P
  linear,  ///< x W^T + b
  none,    ///< the row is the feature: the tower is as wide as the embedding
};

/// ViT (arXiv 2010.11929) as CLIP builds it. Defaults are ViT-B/32's.
struct VisionTransformerConfig {
  int image_size = 224;  ///< side, in pixels
  int patch_size = 32;   ///< side, in pixels
  int width = 768;
  int layers = 12;
  int heads = 12;
  int mlp_width = 3072;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-5F;
  bool class_token = true;
  bool norm_pre = true;      ///< layer normalisation before the blocks
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
  bool patch_bias = false;   ///< of the patch embedding
  /// Patches of 16 pixels pass three convolutions instead of one (MobileCLIP-B, arXiv 2311.17049).
  bool convolution_stem = false;
  bool class_position = true;  ///< the class token has a position too
  ImagePooling pooling = ImagePooling::class_token;
  int pool_queries = 256;  ///< of ImagePooling::queries
  int pool_heads = 8;      ///< of ImagePooling::queries
  Projection projection = Projection::matrix;

  int grid() const { return image_size / patch_size; }
  bool operator==(const VisionTransformerConfig&) const = default;
};

/// The image towers of EVA-CLIP (arXiv 2303.15389, 2402.04252) and of PE-Core (arXiv 2504.13181).
/// Defaults are EVA-01 g/14's.
struct EvaTransformerConfig {
  int image_size = 224;  ///< side, in pixels
  int patch_size = 14;   ///< side, in pixels
  int width = 1408;
  int layers = 40;
  int heads = 16;
  int mlp_width = 6144;
  Activation activation = Activation::gelu;
  bool gated_mlp = false;  ///< act(W1 x) * W2 x instead of act(W1 x): SwiGLU (arXiv 2002.05202)
  NormKind norm = NormKind::layer;
  float norm_epsilon = 1e-6F;
  bool post_norm = false;    ///< x + norm(f(x)) instead of x + f(norm(x))
  bool inner_norms = false;  ///< a norm before each branch's last layer too (arXiv 2210.06423)
  bool query_value_bias = true;
  bool key_bias = false;     ///< then the three are one stacked bias (PE-Core)
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
  /// Side of the grid whose positions rotary embeddings count in, whatever the tower's own grid; 0:
  /// the tower has none.
  int rotary_grid = 0;
  int rotary_origin = 0;              ///< position of the grid's first row and column
  bool rotary_columns_first = false;  ///< the first half of a head's pairs turns with the column
  bool class_token = true;
  bool norm_pre = false;  ///< a norm before the blocks; the patches then have no bias
  ImagePooling pooling = ImagePooling::class_token;  ///< or map
  int pool_heads = 8;                                ///< of a map pool
  Projection projection = Projection::linear;

  int grid() const { return image_size / patch_size; }
  bool operator==(const EvaTransformerConfig&) const = default;
};

/// CLIP's modified ResNet (arXiv 2103.00020, section 2.4). Defaults are RN50's.
struct ModifiedResNetConfig {
  int image_size = 224;  ///< side, in pixels; a multiple of 32
  int width = 64;        ///< channels after the stem; the last stage has 32 times as many
  std::array<int, 4> layers = {3, 4, 6, 3};
  int heads = 32;  ///< of the attention pool

  bool operator==(const ModifiedResNetConfig&) const = default;
};

/// ConvNeXt (arXiv 2201.03545). Defaults are ConvNeXt-T's.
struct ConvNextConfig {
  static constexpr int kPatchSize = 4;  ///< side, in pixels, of what becomes one place
  static constexpr int kWindow = 7;     ///< side, in places, of the depthwise convolutions

  int image_size = 224;  ///< side, in pixels; a multiple of 32
  std::array<int, 4> layers = {3, 3, 9, 3};
  std::array<int, 4> widths = {96, 192, 384, 768};
  float norm_epsilon = 1e-6F;
  bool mlp_projection = false;  ///< an MLP instead of a matrix takes the mean to the embedding

  bool operator==(const ConvNextConfig&) const = default;
};

/// ViTamin (arXiv 2404.02132). Defaults are ViTamin-L's.
struct ViTaminConfig {
  static constexpr int kPatchSize = 16;  ///< side, in pixels, of what becomes one row

  int image_size = 224;                                ///< side, in pixels; a multiple of 16
  std::array<int, 2> convolution_layers = {2, 4};      ///< blocks of the two convolution stages
  std::array<int, 2> convolution_widths = {160, 320};  ///< the first is the stem's too
  int width = 1024;
  int layers = 31;
  int heads = 16;
  int mlp_width = 2048;
  bool positions = true;  ///< learned ones; ViTamin-XL has none

  int places_per_side() const { return image_size / kPatchSize; }
  bool operator==(const ViTaminConfig&) const = default;
};

/// FastViT (arXiv 2303.14189) as MobileCLIP has it (arXiv 2311.17049, 2508.20691). Defaults are
/// those of MCi0, MobileCLIP-S0's.
struct FastVitConfig {
  static constexpr int kPatchSize = 4;       ///< side, in pixels, of a place of the first stage
  static constexpr int kMixerWindow = 3;     ///< sides, in places, of the depthwise convolutions
  static constexpr int kWindow = 7;          ///< the same of all others
  static constexpr int kHeadWidth = 32;      ///< of attention
  static constexpr int kFinalExpansion = 2;  ///< of the last stage's width, before the mean

  int image_size = 256;  ///< side, in pixels; a multiple of what the stages make one place
  std::vector<int> layers = {2, 6, 10, 2};  ///< of every stage
  std::vector<int> widths = {64, 128, 256, 512};
  int mlp_ratio = 3;            ///< of an MLP's width to its stage's
  int attention_stages = 1;     ///< how many of the last stages mix places by attention
  bool attention_norm = false;  ///< layer normalisation before attention
  /// How many of the last stages begin with squeeze-and-excitation (arXiv 1709.01507).
  int excited_stages = 2;

  int stages() const { return static_cast<int>(widths.size()); }
  int stride() const { return kPatchSize << (stages() - 1); }
  bool has_attention(int stage) const { return stage >= stages() - attention_stages; }
  bool has_excitation(int stage) const { return stage >= stages() - excited_stages; }
  bool operator==(const FastVitConfig&) const = default;
};

/// CLIP's rule for the end-of-text token: the first largest id of the text.
constexpr int kLargestId = -1;

/// Which row of a text transformer is the text's.
enum class TextPooling {
  end_of_text,
  last,   ///< of the row of ids, padding and all
  first,  ///< of the text, which is without padding then. Only without the causal mask.
  /// A class token's behind the row of ids (CoCa, arXiv 2205.01917). Only under the causal mask.
  class_token,
};

/// CLIP's text transformer. Without the causal mask every token sees all of its row of ids, so that
/// padding is input like any other token.
struct TextTransformerConfig {
  int context_length = 77;
  int vocabulary_size = 49408;
  int width = 512;
  int heads = 8;
  int layers = 12;
  int mlp_width = 2048;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-5F;
  bool layer_scale = false;  ///< of each branch (arXiv 2103.17239)
  /// The id whose first occurrence ends and pools a text.
  int end_of_text_id = kLargestId;
  bool causal = true;
  TextPooling pooling = TextPooling::end_of_text;
  int pad_id = 0;  ///< the id that TextPooling::class_token and first do not look at
  /// Positions are computed (network/sinusoids.h) and embeddings scaled up to them, as in the first
  /// transformer (arXiv 1706.03762, sections 3.4 and 3.5); otherwise positions are learned.
  bool sinusoids = false;
  Projection projection = Projection::matrix;

  bool operator==(const TextTransformerConfig&) const = default;
};

/// What of a text's last hidden states its feature is made of.
enum class BertPooling {
  class_token,  ///< the first token's, as they are: BERT's pooler takes no part
  mean,         ///< the mean over all tokens
};

/// BERT (arXiv 1810.04805) and what differs from it in sizes and positions only, RoBERTa
/// (1907.11692) and XLM-R (1911.02116). Defaults are those of Chinese-CLIP's base text tower.
struct BertConfig {
  int context_length = 52;  ///< the longest text, in tokens; the position table may be longer
  int vocabulary_size = 21128;
  int width = 768;
  int heads = 12;
  int layers = 12;
  int mlp_width = 3072;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-12F;
  int positions = 512;     ///< rows of the position table
  int first_position = 0;  ///< row of a text's first token: RoBERTa counts from its padding id + 1
  int token_types = 2;     ///< rows of the token type table, of which the first is used
  int pad_id = 0;          ///< fills a row behind its text
  BertPooling pooling = BertPooling::class_token;
  /// Width between the two layers of the projection; 0: it is one layer.
  int projection_width = 0;

  bool operator==(const BertConfig&) const = default;
};

using ImageTowerConfig =
    std::variant<VisionTransformerConfig, ModifiedResNetConfig, EvaTransformerConfig,
                 ConvNextConfig, ViTaminConfig, FastVitConfig>;
using TextTowerConfig = std::variant<TextTransformerConfig, BertConfig>;

/// CoCa's decoder, which writes captions (arXiv 2205.01917). It reads what the text tower's blocks
/// and the image tower's learned queries give, so that it is as wide as they. Defaults are those of
/// coca_ViT-B-32.
struct MultimodalDecoderConfig {
  int width = 512;
  int heads = 8;
  int layers = 12;  ///< blocks over the caption; as many over the picture stand between them
  int mlp_width = 2048;
  Activation activation = Activation::gelu;
  float norm_epsilon = 1e-5F;

  bool operator==(const MultimodalDecoderConfig&) const = default;
};

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

/// Side of the square the image tower sees, in pixels.
int image_size(const ImageTowerConfig& config);
/// How many patches the image tower makes of a picture; 0 when it makes none.
int patch_count(const ImageTowerConfig& config);
/// The longest text the text tower takes, in tokens.
int context_length(const TextTowerConfig& config);
/// Token ids are in [0, vocabulary_size).
int vocabulary_size(const TextTowerConfig& config);
/// A class token that a text tower appends has an id of its own behind the vocabulary.
inline int class_token_id(const TextTransformerConfig& config) {
  return config.vocabulary_size;
}
/// The same where the class token does not see itself: behind padding.
inline int blind_class_token_id(const TextTransformerConfig& config) {
  return config.vocabulary_size + 1;
}

/// Throws Error(invalid_argument) naming the field, unless every size is positive, within the
/// limits that keep a hostile config from asking for absurd memory, and divides what it must.
void validate(const ModelConfig& config);

}  // namespace diptych::network
