// big_vision's SigLIP (arXiv 2303.15343) as its program writes it: flax's names and layouts.
#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"

namespace diptych::checkpoint {
namespace big_vision {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"*img/Transformer/encoder_norm/scale", "*txt/Encoder_0/encoder_norm/scale"});

/// Heads, patches and the pool; `t` is the logarithm of the scale.
constexpr auto kOuterRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"t"}},
    {"logit_bias", Transform::reshape, {"b"}},
    {"visual.conv1.weight", Transform::convolution, {"img/embedding/kernel"}},
    {"visual.conv1.bias", Transform::same, {"img/embedding/bias"}},
    {"visual.positional_embedding", Transform::batched, {"img/pos_embedding"}},
    {"visual.ln_post.weight", Transform::same, {"img/Transformer/encoder_norm/scale"}},
    {"visual.ln_post.bias", Transform::same, {"img/Transformer/encoder_norm/bias"}},
    {"visual.attn_pool.latent", Transform::batched, {"img/MAPHead_0/probe"}},
    {"visual.attn_pool.q.weight",
     Transform::to_heads,
     {"img/MAPHead_0/MultiHeadDotProductAttention_0/query/kernel"}},
    {"visual.attn_pool.q.bias",
     Transform::heads,
     {"img/MAPHead_0/MultiHeadDotProductAttention_0/query/bias"}},
    {"visual.attn_pool.kv.weight",
     Transform::to_heads,
     {"img/MAPHead_0/MultiHeadDotProductAttention_0/key/kernel",
      "img/MAPHead_0/MultiHeadDotProductAttention_0/value/kernel"}},
    {"visual.attn_pool.kv.bias",
     Transform::heads,
     {"img/MAPHead_0/MultiHeadDotProductAttention_0/key/bias",
      "img/MAPHead_0/MultiHeadDotProductAttention_0/value/bias"}},
    {"visual.attn_pool.proj.weight",
     Transform::from_heads,
     {"img/MAPHead_0/MultiHeadDotProductAttention_0/out/kernel"}},
    {"visual.attn_pool.proj.bias",
     Transform::same,
     {"img/MAPHead_0/MultiHeadDotProductAttention_0/out/bias"}},
    {"visual.attn_pool.norm.weight", Transform::same, {"img/MAPHead_0/LayerNorm_0/scale"}},
    {"visual.attn_pool.norm.bias", Transform::same, {"img/MAPHead_0/LayerNorm_0/bias"}},
    {"visual.attn_pool.mlp.fc1.weight",
     Transform::transpose,
     {"img/MAPHead_0/MlpBlock_0/Dense_0/kernel"}},
    {"visual.attn_pool.mlp.fc1.bias", Transform::same, {"img/MAPHead_0/MlpBlock_0/Dense_0/bias"}},
    {"visual.attn_pool.mlp.fc2.weight",
     Transform::transpose,
     {"img/MAPHead_0/MlpBlock_0/Dense_1/kernel"}},
    {"visual.attn_pool.mlp.fc2.bias", Transform::same, {"img/MAPHead_0/MlpBlock_0/Dense_1/bias"}},
    {"visual.proj.weight", Transform::transpose, {"img/head/kernel"}},
    {"visual.proj.bias", Transform::same, {"img/head/bias"}},
    {"token_embedding.weight", Transform::same, {"txt/Embed_0/embedding"}},
    {"positional_embedding", Transform::batched, {"txt/pos_embedding"}},
    {"ln_final.weight", Transform::same, {"txt/Encoder_0/encoder_norm/scale"}},
    {"ln_final.bias", Transform::same, {"txt/Encoder_0/encoder_norm/bias"}},
    {"text_projection.weight", Transform::transpose, {"txt/head/kernel"}},
    {"text_projection.bias", Transform::same, {"txt/head/bias"}},
});

constexpr auto kImageBlockRules = std::to_array<KeyRule>({
    {"visual.transformer.resblocks.#.ln_1.weight",
     Transform::same,
     {"img/Transformer/encoderblock_#/LayerNorm_0/scale"}},
    {"visual.transformer.resblocks.#.ln_1.bias",
     Transform::same,
     {"img/Transformer/encoderblock_#/LayerNorm_0/bias"}},
    {"visual.transformer.resblocks.#.attn.in_proj_weight",
     Transform::to_heads,
     {"img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/query/kernel",
      "img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/key/kernel",
      "img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/value/kernel"}},
    {"visual.transformer.resblocks.#.attn.in_proj_bias",
     Transform::heads,
     {"img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/query/bias",
      "img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/key/bias",
      "img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/value/bias"}},
    {"visual.transformer.resblocks.#.attn.out_proj.weight",
     Transform::from_heads,
     {"img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/out/kernel"}},
    {"visual.transformer.resblocks.#.attn.out_proj.bias",
     Transform::same,
     {"img/Transformer/encoderblock_#/MultiHeadDotProductAttention_0/out/bias"}},
    {"visual.transformer.resblocks.#.ln_2.weight",
     Transform::same,
     {"img/Transformer/encoderblock_#/LayerNorm_1/scale"}},
    {"visual.transformer.resblocks.#.ln_2.bias",
     Transform::same,
     {"img/Transformer/encoderblock_#/LayerNorm_1/bias"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.weight",
     Transform::transpose,
     {"img/Transformer/encoderblock_#/MlpBlock_0/Dense_0/kernel"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.bias",
     Transform::same,
     {"img/Transformer/encoderblock_#/MlpBlock_0/Dense_0/bias"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.weight",
     Transform::transpose,
     {"img/Transformer/encoderblock_#/MlpBlock_0/Dense_1/kernel"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.bias",
     Transform::same,
     {"img/Transformer/encoderblock_#/MlpBlock_0/Dense_1/bias"}},
});

constexpr auto kTextBlockRules = std::to_array<KeyRule>({
    {"transformer.resblocks.#.ln_1.weight",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/LayerNorm_0/scale"}},
    {"transformer.resblocks.#.ln_1.bias",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/LayerNorm_0/bias"}},
    {"transformer.resblocks.#.attn.in_proj_weight",
     Transform::to_heads,
     {"txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/query/kernel",
      "txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/key/kernel",
      "txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/value/kernel"}},
    {"transformer.resblocks.#.attn.in_proj_bias",
     Transform::heads,
     {"txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/query/bias",
      "txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/key/bias",
      "txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/value/bias"}},
    {"transformer.resblocks.#.attn.out_proj.weight",
     Transform::from_heads,
     {"txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/out/kernel"}},
    {"transformer.resblocks.#.attn.out_proj.bias",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/MultiHeadDotProductAttention_0/out/bias"}},
    {"transformer.resblocks.#.ln_2.weight",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/LayerNorm_1/scale"}},
    {"transformer.resblocks.#.ln_2.bias",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/LayerNorm_1/bias"}},
    {"transformer.resblocks.#.mlp.c_fc.weight",
     Transform::transpose,
     {"txt/Encoder_0/encoderblock_#/MlpBlock_0/Dense_0/kernel"}},
    {"transformer.resblocks.#.mlp.c_fc.bias",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/MlpBlock_0/Dense_0/bias"}},
    {"transformer.resblocks.#.mlp.c_proj.weight",
     Transform::transpose,
     {"txt/Encoder_0/encoderblock_#/MlpBlock_0/Dense_1/kernel"}},
    {"transformer.resblocks.#.mlp.c_proj.bias",
     Transform::same,
     {"txt/Encoder_0/encoderblock_#/MlpBlock_0/Dense_1/bias"}},
});

constexpr auto kRules = concatenate(kOuterRules, kImageBlockRules, kTextBlockRules);

/// What training keeps besides the weights.
constexpr std::string_view kWeights = "params/";

/// Where nn.scan made one tensor of a tower's blocks, it has one more dimension in front.
constexpr std::string_view kScanned = "/encoderblock/";
constexpr std::int64_t kMaxLayers = 1024;

/// The blocks of a scanned tensor, named as those of one that is not.
void add_blocks(const std::string& tensor, const TensorView& scanned, TensorMap& out) {
  const std::size_t end = tensor.find(kScanned) + kScanned.size() - 1;
  const auto layers = static_cast<std::size_t>(scanned.shape.front());
  TensorView block = scanned;
  block.shape.erase(block.shape.begin());
  const std::size_t bytes = scanned.bytes.size() / layers;
  for (std::size_t i = 0; i < layers; ++i) {
    block.bytes = scanned.bytes.subspan(i * bytes, bytes);
    out.tensors.emplace(tensor.substr(0, end) + "_" + std::to_string(i) + tensor.substr(end),
                        block);
  }
}

/// Leaves the weights, each block's by themselves.
void prepare(Container& container) {
  TensorMap& map = container.tensors;
  TensorMap weights{.tensors = {}, .storage = map.storage};
  const bool nested = occurs(map, "params/img/*") || occurs(map, "params/txt/*");
  for (const auto& [stored, view] : map.tensors) {
    if (nested && !stored.starts_with(kWeights)) continue;
    const std::string tensor = nested ? stored.substr(kWeights.size()) : stored;
    const bool scanned = tensor.find(kScanned) != std::string::npos && !view.shape.empty() &&
                         view.shape.front() > 0 && view.shape.front() <= kMaxLayers;
    if (scanned) {
      add_blocks(tensor, view, weights);
    } else {
      weights.tensors.emplace(tensor, view);
    }
  }
  map = std::move(weights);
  if (occurs(map, "img/*") && occurs(map, "txt/*")) return;
  for (const char* of_both : {"t", "b"}) map.tensors.erase(of_both);
}

/// The sizes that the shapes of a file's tensors say.
class Shapes {
 public:
  Shapes(const TensorMap& tensors, const std::string& file) : tensors_(tensors), file_(file) {}

  bool has(const std::string& tensor) const { return tensors_.tensors.contains(tensor); }

  int size(const std::string& tensor, std::size_t dimension, std::size_t dimensions) const {
    const auto found = tensors_.tensors.find(tensor);
    if (found == tensors_.tensors.end()) {
      fail(ErrorCode::invalid_argument, "big_vision: {} is missing ({})", tensor, file_);
    }
    const Shape& shape = found->second.shape;
    if (shape.size() != dimensions || shape[dimension] < 1 || shape[dimension] > INT_MAX) {
      fail(ErrorCode::invalid_argument, "big_vision: {}: got {}, expected {} dimensions ({})",
           tensor, to_string(shape), dimensions, file_);
    }
    return static_cast<int>(shape[dimension]);
  }

  int layers(const std::string& blocks) const {
    int number = 0;
    while (has(blocks + "_" + std::to_string(number) + "/LayerNorm_0/scale")) ++number;
    return number;
  }

  /// Side of the square grid of a position table without a class token.
  int grid(const std::string& table) const {
    const int places = size(table, 1, 3);
    const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(places))));
    if (static_cast<std::int64_t>(side) * side != places) {
      fail(ErrorCode::invalid_argument, "big_vision: {}: got {} places, expected a square ({})",
           table, places, file_);
    }
    return side;
  }

 private:
  const TensorMap& tensors_;
  const std::string& file_;
};

/// What the towers share: flax computes GELU's tanh form, and its norms have this epsilon.
template <typename Config>
void infer_transformer(const Shapes& shapes, const std::string& blocks, Config& config) {
  const std::string first = blocks + "_0/";
  config.width = shapes.size(first + "LayerNorm_0/scale", 0, 1);
  config.layers = shapes.layers(blocks);
  config.heads = shapes.size(first + "MultiHeadDotProductAttention_0/query/kernel", 1, 3);
  config.mlp_width = shapes.size(first + "MlpBlock_0/Dense_0/kernel", 1, 2);
  config.activation = network::Activation::gelu_tanh;
  config.norm_epsilon = 1e-6F;
}

network::VisionTransformerConfig infer_image(const Shapes& shapes) {
  network::VisionTransformerConfig image{.class_token = false,
                                         .norm_pre = false,
                                         .patch_bias = true,
                                         .pooling = network::ImagePooling::map};
  infer_transformer(shapes, "img/Transformer/encoderblock", image);
  image.patch_size = shapes.size("img/embedding/kernel", 0, 4);
  const std::int64_t side = std::int64_t{shapes.grid("img/pos_embedding")} * image.patch_size;
  image.image_size = static_cast<int>(std::min<std::int64_t>(side, INT_MAX));
  image.projection =
      shapes.has("img/head/kernel") ? network::Projection::linear : network::Projection::none;
  return image;
}

network::TextTransformerConfig infer_text(const Shapes& shapes) {
  network::TextTransformerConfig text{.causal = false,
                                      .pooling = network::TextPooling::last,
                                      .projection = network::Projection::linear};
  infer_transformer(shapes, "txt/Encoder_0/encoderblock", text);
  text.context_length = shapes.size("txt/pos_embedding", 1, 3);
  text.vocabulary_size = shapes.size("txt/Embed_0/embedding", 0, 2);
  return text;
}

network::ModelConfig infer(const Shapes& shapes) {
  network::ModelConfig config{.image = network::AbsentImageTowerConfig(),
                              .text = network::AbsentTextTowerConfig(),
                              .logit_bias = shapes.has("b")};
  if (shapes.has("img/embedding/kernel")) {
    const network::VisionTransformerConfig image = infer_image(shapes);
    config.image = image;
    config.embedding_width =
        shapes.has("img/head/kernel") ? shapes.size("img/head/kernel", 1, 2) : image.width;
  }
  if (shapes.has("txt/Embed_0/embedding")) {
    config.text = infer_text(shapes);
    config.embedding_width = shapes.size("txt/head/kernel", 1, 2);
  }
  return config;
}

/// open_clip reads such files too, with its own config beside them.
ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  if (auto model = find_open_clip_config(files)) return std::move(*model);
  const TensorMap& tensors = parsed.container.tensors;
  ModelFile model;
  model.config = infer(Shapes(tensors, parsed.weights_name));
  model.preprocessing.size = network::image_size(model.config.image);
  model.preprocessing.mode = ResizeMode::squash;
  model.preprocessing.mean = model.preprocessing.std = {0.5F, 0.5F, 0.5F};
  model.tokenizer.kind = TokenizerSpec::Kind::none;
  model.assumptions = {
      "The file has no config: the architecture was inferred from the shapes of its weights, with "
      "GELU in its tanh form, as big_vision computes it."};
  if (network::has_image_tower(model.config)) {
    model.assumptions.emplace_back(
        "The preprocessing was assumed to be SigLIP's (squashed to a square bicubically, mean and "
        "standard deviation 0.5).");
  }
  if (network::has_text_tower(model.config)) {
    model.assumptions.emplace_back(
        "Which SentencePiece model its texts need the file does not say: they can only be given as "
        "token ids.");
  }
  return model;
}

constexpr Family kFamily = {"big_vision", kSignature,        kRules, {},
                            parse,        GridResize::plain, prepare};

constexpr auto kImageSignature = std::to_array<Pattern>({"*img/Transformer/encoder_norm/scale"});
constexpr auto kTextSignature = std::to_array<Pattern>({"*txt/Encoder_0/encoder_norm/scale"});

constexpr Family kImageFamily = one_tower(kFamily, kImageSignature);
constexpr Family kTextFamily = one_tower(kFamily, kTextSignature);

}  // namespace big_vision

const Family& big_vision_family() {
  return big_vision::kFamily;
}

const Family& big_vision_image_family() {
  return big_vision::kImageFamily;
}

const Family& big_vision_text_family() {
  return big_vision::kTextFamily;
}

}  // namespace diptych::checkpoint
