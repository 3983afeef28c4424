// clip.cpp's GGUF: a CLIPModel of Hugging Face transformers whose names were shortened, and its
// config as metadata. Its `ffn_down` is the layer into the MLP.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"

namespace diptych::checkpoint {
namespace clip_cpp {

using Pattern = std::string_view;

constexpr auto kSignature = std::to_array<Pattern>(
    {"*.blk.0.attn_q.weight", "*.blk.0.ffn_down.weight", "*.post_ln.weight"});

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"visual.proj", Transform::transpose, {"visual_projection.weight"}},
    {"visual.class_embedding", Transform::same, {"v.class_embd"}},
    {"visual.conv1.weight", Transform::same, {"v.patch_embd.weight"}},
    {"visual.positional_embedding", Transform::same, {"v.position_embd.weight"}},
    {"visual.ln_pre.*", Transform::same, {"v.pre_ln.*"}},
    {"visual.ln_post.*", Transform::same, {"v.post_ln.*"}},
    {"visual.transformer.resblocks.#.ln_1.*", Transform::same, {"v.blk.#.ln1.*"}},
    {"visual.transformer.resblocks.#.ln_2.*", Transform::same, {"v.blk.#.ln2.*"}},
    {"visual.transformer.resblocks.#.attn.in_proj_*",
     Transform::stack,
     {"v.blk.#.attn_q.*", "v.blk.#.attn_k.*", "v.blk.#.attn_v.*"}},
    {"visual.transformer.resblocks.#.attn.out_proj.*", Transform::same, {"v.blk.#.attn_out.*"}},
    {"visual.transformer.resblocks.#.mlp.c_fc.*", Transform::same, {"v.blk.#.ffn_down.*"}},
    {"visual.transformer.resblocks.#.mlp.c_proj.*", Transform::same, {"v.blk.#.ffn_up.*"}},
    {"text_projection", Transform::transpose, {"text_projection.weight"}},
    {"token_embedding.weight", Transform::same, {"t.token_embd.weight"}},
    {"positional_embedding", Transform::same, {"t.position_embd.weight"}},
    {"ln_final.*", Transform::same, {"t.post_ln.*"}},
    {"transformer.resblocks.#.ln_1.*", Transform::same, {"t.blk.#.ln1.*"}},
    {"transformer.resblocks.#.ln_2.*", Transform::same, {"t.blk.#.ln2.*"}},
    {"transformer.resblocks.#.attn.in_proj_*",
     Transform::stack,
     {"t.blk.#.attn_q.*", "t.blk.#.attn_k.*", "t.blk.#.attn_v.*"}},
    {"transformer.resblocks.#.attn.out_proj.*", Transform::same, {"t.blk.#.attn_out.*"}},
    {"transformer.resblocks.#.mlp.c_fc.*", Transform::same, {"t.blk.#.ffn_down.*"}},
    {"transformer.resblocks.#.mlp.c_proj.*", Transform::same, {"t.blk.#.ffn_up.*"}},
});

/// The files leave the scale out; all of OpenAI's have ended at 100, where training clamps it.
constexpr const char* kLogitScale = "logit_scale";
constexpr const char* kTokenTable = "t.token_embd.weight";
constexpr const char* kPatches = "v.patch_embd.weight";
constexpr float kReleasedScale = 100.0F;

/// The values that describe the model, as texts.
class Settings {
 public:
  Settings(const Metadata& metadata, const std::string& file) : metadata_(metadata), file_(file) {}

  const std::string& text(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end())
      fail(ErrorCode::corrupt_data, "clip.cpp: {} is missing ({})", key, file_);
    return found->second;
  }

  bool boolean(const std::string& key) const { return text(key) == "true"; }
  int integer(const std::string& key) const { return number<int>(key, text(key)); }
  float real(const std::string& key) const { return number<float>(key, text(key)); }

  /// One value for each channel.
  std::array<float, 3> channels(const std::string& key) const {
    std::string_view rest = text(key);
    std::array<float, 3> values;
    for (float& value : values) {
      const std::size_t end = std::min(rest.find(", "), rest.size());
      value = number<float>(key, rest.substr(0, end));
      rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    if (!rest.empty()) refuse(key, text(key));
    return values;
  }

 private:
  template <typename Number>
  Number number(const std::string& key, std::string_view value) const {
    Number result{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size()) refuse(key, value);
    return result;
  }

  [[noreturn]] void refuse(const std::string& key, std::string_view value) const {
    fail(ErrorCode::corrupt_data, "clip.cpp: {}: got \"{}\" ({})", key, value, file_);
  }

  const Metadata& metadata_;
  const std::string& file_;
};

template <typename Config>
void read_transformer(const Settings& settings, const std::string& tower, Config& config) {
  config.width = settings.integer(tower + ".embedding_length");
  config.layers = settings.integer(tower + ".block_count");
  config.heads = settings.integer(tower + ".attention.head_count");
  config.mlp_width = settings.integer(tower + ".feed_forward_length");
  config.norm_epsilon = settings.real(tower + ".attention.layer_norm_epsilon");
  config.activation = settings.boolean("clip.use_gelu") ? network::Activation::gelu
                                                        : network::Activation::quick_gelu;
}

void read_image_tower(const Settings& settings, ModelFile& model) {
  network::VisionTransformerConfig image;
  read_transformer(settings, "clip.vision", image);
  image.image_size = settings.integer("clip.vision.image_size");
  image.patch_size = settings.integer("clip.vision.patch_size");
  model.config.image = image;
  model.config.embedding_width = settings.integer("clip.vision.projection_dim");
  model.preprocessing.size = image.image_size;
  model.preprocessing.mean = settings.channels("clip.vision.image_mean");
  model.preprocessing.std = settings.channels("clip.vision.image_std");
  model.assumptions.emplace_back(
      "The file does not say how pictures are resized: CLIP's way was assumed (shortest side "
      "resized bicubically, centre crop).");
}

void read_text_tower(const Settings& settings, const TensorMap& tensors, ModelFile& model) {
  network::TextTransformerConfig text;
  read_transformer(settings, "clip.text", text);
  text.context_length = settings.integer("clip.text.context_length");
  const auto table = tensors.tensors.find(kTokenTable);
  if (table != tensors.tensors.end() && table->second.shape.size() == 2 &&
      table->second.shape[0] <= INT_MAX)
    text.vocabulary_size = static_cast<int>(table->second.shape[0]);
  model.config.text = text;
  model.config.embedding_width = settings.integer("clip.text.projection_dim");
}

ModelFile parse(const ModelFiles& /*files*/, const ParsedModel& parsed) {
  const Settings settings(parsed.container.metadata, parsed.weights_name);
  const bool has_image = settings.boolean("clip.has_vision_encoder");
  const bool has_text = settings.boolean("clip.has_text_encoder");
  if (!has_image && !has_text) {
    fail(ErrorCode::unsupported,
         "clip.cpp: got a file that states neither tower, expected one ({})", parsed.weights_name);
  }
  ModelFile model;
  model.config.image = network::AbsentImageTowerConfig();
  model.config.text = network::AbsentTextTowerConfig();
  model.preprocessing.size = 0;
  if (has_text) {
    read_text_tower(settings, parsed.container.tensors, model);
  } else {
    model.tokenizer.kind = TokenizerSpec::Kind::none;
  }
  if (has_image) read_image_tower(settings, model);
  if (has_image && has_text) {
    model.assumptions.push_back(fmt::format(
        "clip.cpp leaves the logit scale out: {} was assumed, as OpenAI's models have it.",
        kReleasedScale));
  }
  model.provenance.name = settings.text("general.name");
  return model;
}

void add_logit_scale(Container& container) {
  const auto& tensors = container.tensors.tensors;
  const bool has_both = tensors.contains(kTokenTable) && tensors.contains(kPatches);
  if (!has_both || tensors.contains(kLogitScale)) return;
  container.tensors.add(kLogitScale, TensorBuffer({}, std::vector{std::log(kReleasedScale)}));
}

constexpr Family kFamily = {"clip_cpp", kSignature,        kRules,         {},
                            parse,      GridResize::plain, add_logit_scale};

}  // namespace clip_cpp

const Family& clip_cpp_family() {
  return clip_cpp::kFamily;
}

}  // namespace diptych::checkpoint
