#include "checkpoint/configs/infer_config.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstddef>

#include "base/error.h"

namespace diptych::checkpoint {
namespace {

constexpr int kHeadWidth = 64;
constexpr int kMaxLayers = 1024;

/// Sizes of tensors, checked to be there and to fit an int.
class Sizes {
 public:
  Sizes(const ShapeLookup& shapes, const std::string& name, const StatedFacts& stated)
      : shapes_(shapes), name_(name), stated_(stated) {}

  const std::string& name() const { return name_; }
  bool has(const std::string& tensor) const { return shapes_(tensor).has_value(); }

  int of(const std::string& tensor, std::size_t dimension, std::size_t dimensions) const {
    const auto shape = shapes_(tensor);
    if (!shape) {
      fail(ErrorCode::invalid_argument, "cannot infer the architecture: {} is missing ({})", tensor,
           name_);
    }
    if (shape->size() != dimensions || (*shape)[dimension] < 1 || (*shape)[dimension] > INT_MAX) {
      fail(ErrorCode::invalid_argument,
           "cannot infer the architecture: {}: got {}, expected {} dimensions ({})", tensor,
           to_string(*shape), dimensions, name_);
    }
    return static_cast<int>((*shape)[dimension]);
  }

  /// How many of prefix.0.suffix, prefix.1.suffix, ... there are.
  int count(const std::string& prefix, const std::string& suffix) const {
    int number = 0;
    while (number <= kMaxLayers && has(prefix + std::to_string(number) + suffix)) ++number;
    return number;
  }

  /// Side of the square grid of a position table [1 + side * side, width].
  int grid(const std::string& tensor) const {
    const int places = of(tensor, 0, 2) - 1;
    const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(places))));
    if (side < 1 || static_cast<std::int64_t>(side) * side != places) {
      fail(ErrorCode::invalid_argument,
           "cannot infer the architecture: {}: got {} positions, expected one more than a square "
           "({})",
           tensor, places + 1, name_);
    }
    return side;
  }

  int heads(const std::string& tower, std::int64_t width) const {
    const int stated = tower == "image" ? stated_.image_heads : stated_.text_heads;
    if (stated > 0) return stated;
    if (width % kHeadWidth != 0) {
      fail(ErrorCode::invalid_argument,
           "cannot infer the architecture: the {} tower's width is {}, expected a multiple of {}; "
           "its config, or --heads, must say how many heads it has ({})",
           tower, width, kHeadWidth, name_);
    }
    return static_cast<int>(width / kHeadWidth);
  }

 private:
  const ShapeLookup& shapes_;
  const std::string& name_;
  const StatedFacts& stated_;
};

network::VisionTransformerConfig infer_vision_transformer(const Sizes& sizes,
                                                          network::Activation activation) {
  const std::string blocks = "visual.transformer.resblocks.";
  network::VisionTransformerConfig config{.activation = activation};
  config.width = sizes.of("visual.conv1.weight", 0, 4);
  config.patch_size = sizes.of("visual.conv1.weight", 3, 4);
  const std::int64_t side =
      std::int64_t{sizes.grid("visual.positional_embedding")} * config.patch_size;
  config.image_size = static_cast<int>(std::min<std::int64_t>(side, INT_MAX));
  config.layers = sizes.count(blocks, ".ln_1.weight");
  config.heads = sizes.heads("image", config.width);
  config.mlp_width = sizes.of(blocks + "0.mlp.c_fc.weight", 0, 2);
  config.layer_scale = sizes.has(blocks + "0.ls_1.gamma");
  return config;
}

/// What the shapes of EVA-CLIP's published towers do not say, by their width: heads, and where the
/// norms of a block are.
struct EvaBlockForm {
  int width;
  int heads;
  bool post_norm;
};
constexpr auto kEvaBlockForms = std::to_array<EvaBlockForm>({{768, 12, false},
                                                             {1024, 16, false},
                                                             {1408, 16, false},
                                                             {1792, 16, true},
                                                             {4096, 32, false},
                                                             {5120, 40, true}});

EvaBlockForm eva_block_form(const Sizes& sizes, int width) {
  const auto* form = std::find_if(kEvaBlockForms.begin(), kEvaBlockForms.end(),
                                  [&](const EvaBlockForm& known) { return known.width == width; });
  if (form == kEvaBlockForms.end()) {
    fail(ErrorCode::invalid_argument,
         "cannot infer the architecture: the image tower's width is {}, which none of EVA-CLIP's "
         "published models has; its config must say how its blocks are made ({})",
         width, sizes.name());
  }
  return *form;
}

network::EvaTransformerConfig infer_eva_transformer(const Sizes& sizes) {
  const std::string blocks = "visual.transformer.resblocks.";
  network::EvaTransformerConfig config;
  config.width = sizes.of("visual.conv1.weight", 0, 4);
  config.patch_size = sizes.of("visual.conv1.weight", 3, 4);
  const std::int64_t side =
      std::int64_t{sizes.grid("visual.positional_embedding")} * config.patch_size;
  config.image_size = static_cast<int>(std::min<std::int64_t>(side, INT_MAX));
  config.layers = sizes.count(blocks, ".ln_1.weight");
  const EvaBlockForm form = eva_block_form(sizes, config.width);
  config.heads = form.heads;
  config.post_norm = form.post_norm;
  config.mlp_width = sizes.of(blocks + "0.mlp.c_fc.weight", 0, 2);
  config.gated_mlp = sizes.has(blocks + "0.mlp.c_gated.weight");
  if (config.gated_mlp) config.activation = network::Activation::silu;
  const bool has_norm_bias = sizes.has(blocks + "0.ln_1.bias");
  config.norm = has_norm_bias ? network::NormKind::layer : network::NormKind::rms;
  config.inner_norms = sizes.has(blocks + "0.attn.ln.weight");
  // EVA-02 has both or neither.
  if (config.inner_norms) config.rotary_grid = 16;
  config.query_value_bias = sizes.has(blocks + "0.attn.q_bias");
  config.layer_scale = sizes.has(blocks + "0.ls_1.gamma");
  if (!sizes.has("visual.proj.bias")) config.projection = network::Projection::matrix;
  return config;
}

network::ModifiedResNetConfig infer_modified_resnet(const Sizes& sizes) {
  network::ModifiedResNetConfig config;
  config.width = sizes.of("visual.layer1.0.conv1.weight", 0, 4);
  for (std::size_t stage = 0; stage < config.layers.size(); ++stage) {
    config.layers[stage] =
        sizes.count("visual.layer" + std::to_string(stage + 1) + ".", ".conv1.weight");
  }
  const std::int64_t side = std::int64_t{32} * sizes.grid("visual.attnpool.positional_embedding");
  config.image_size = static_cast<int>(std::min<std::int64_t>(side, INT_MAX));
  config.heads = sizes.heads("image", std::int64_t{32} * config.width);
  return config;
}

/// Without learned positions it is NLLB's (checkpoint/configs/m2m100.h), whose files do not show
/// its context.
network::TextTransformerConfig infer_text_transformer(const Sizes& sizes,
                                                      network::Activation activation) {
  const bool is_nllb = !sizes.has("positional_embedding");
  const std::string blocks = "transformer.resblocks.";
  network::TextTransformerConfig config{.activation = activation};
  config.vocabulary_size = sizes.of("token_embedding.weight", 0, 2);
  config.width = sizes.of("token_embedding.weight", 1, 2);
  if (is_nllb) {
    config.activation = network::Activation::relu;
    config.causal = false;
    config.pooling = network::TextPooling::first;
    config.pad_id = 1;
    config.sinusoids = true;
  } else {
    config.context_length = sizes.of("positional_embedding", 0, 2);
  }
  config.heads = sizes.heads("text", config.width);
  config.layers = sizes.count(blocks, ".ln_1.weight");
  config.mlp_width = sizes.of(blocks + "0.mlp.c_fc.weight", 0, 2);
  config.layer_scale = sizes.has(blocks + "0.ls_1.gamma");
  return config;
}

/// A table with one token type is RoBERTa's: it then pads with 1, counts positions from the row
/// after that, and its texts are pooled as open_clip does.
network::BertConfig infer_bert(const Sizes& sizes) {
  const std::string embeddings = "bert.embeddings.";
  const std::string layers = "bert.encoder.layer.";
  network::BertConfig config;
  config.vocabulary_size = sizes.of(embeddings + "word_embeddings.weight", 0, 2);
  config.width = sizes.of(embeddings + "word_embeddings.weight", 1, 2);
  config.positions = sizes.of(embeddings + "position_embeddings.weight", 0, 2);
  config.token_types = sizes.of(embeddings + "token_type_embeddings.weight", 0, 2);
  if (config.token_types == 1) {
    config.pad_id = 1;
    config.first_position = 2;
    config.norm_epsilon = 1e-5F;
    config.context_length = 77;
    config.pooling = network::BertPooling::mean;
  }
  config.context_length = std::min(config.context_length, config.positions - config.first_position);
  config.heads = sizes.heads("text", config.width);
  config.layers = sizes.count(layers, ".output.LayerNorm.weight");
  config.mlp_width = sizes.of(layers + "0.intermediate.dense.weight", 0, 2);
  if (sizes.has("text_projection.0.weight"))
    config.projection_width = sizes.of("text_projection.0.weight", 0, 2);
  return config;
}

network::ImageTowerConfig infer_image_tower(const Sizes& sizes, network::Activation activation) {
  if (sizes.has("visual.layer1.0.conv1.weight")) return infer_modified_resnet(sizes);
  // Of a tower that is there and lacks one of these, the missing one is named.
  if (!sizes.has("visual.conv1.weight") && !sizes.has("visual.positional_embedding"))
    return network::AbsentImageTowerConfig();
  if (sizes.has("visual.transformer.resblocks.0.attn.in_proj_weight") &&
      !sizes.has("visual.transformer.resblocks.0.attn.in_proj_bias"))
    return infer_eva_transformer(sizes);
  return infer_vision_transformer(sizes, activation);
}

network::TextTowerConfig infer_text_tower(const Sizes& sizes, network::Activation activation) {
  if (sizes.has("bert.embeddings.word_embeddings.weight")) return infer_bert(sizes);
  if (!sizes.has("token_embedding.weight") && !sizes.has("positional_embedding"))
    return network::AbsentTextTowerConfig();
  return infer_text_transformer(sizes, activation);
}

/// By the text tower's projection, or by that of an image tower alone.
int infer_embedding_width(const Sizes& sizes, const network::ModelConfig& config) {
  if (!network::has_text_tower(config)) {
    if (sizes.has("visual.proj")) return sizes.of("visual.proj", 1, 2);
    const bool is_resnet = std::holds_alternative<network::ModifiedResNetConfig>(config.image);
    return sizes.of(is_resnet ? "visual.attnpool.c_proj.weight" : "visual.proj.weight", 0, 2);
  }
  const std::string last_of_two = "text_projection.2.weight";
  return sizes.has(last_of_two) ? sizes.of(last_of_two, 0, 2) : sizes.of("text_projection", 1, 2);
}

}  // namespace

network::ModelConfig infer_config(const ShapeLookup& shapes, network::Activation activation,
                                  const std::string& name, const StatedFacts& stated) {
  const Sizes sizes(shapes, name, stated);
  network::ModelConfig config;
  config.image = infer_image_tower(sizes, activation);
  config.text = infer_text_tower(sizes, activation);
  if (!network::has_image_tower(config) && !network::has_text_tower(config)) {
    fail(ErrorCode::invalid_argument,
         "cannot infer the architecture: visual.conv1.weight and token_embedding.weight are "
         "missing ({})",
         name);
  }
  config.embedding_width = infer_embedding_width(sizes, config);
  return config;
}

}  // namespace diptych::checkpoint
