// OpenAI CLIP and open_clip: the canonical names are theirs.
#include "checkpoint/open_clip_family.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "checkpoint/architectures.h"
#include "checkpoint/families.h"
#include "checkpoint/huggingface_config.h"
#include "checkpoint/m2m100.h"
#include "checkpoint/open_clip_config.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

/// open_clip's custom-text models put `text.` before the text tower's names; some files store the
/// logit scale and bias as [1].
constexpr auto kOwnRules = std::to_array<KeyRule>({
    {"logit_*", Transform::reshape, {"logit_*"}},
    {"*", Transform::same, {"*"}},
    {"*", Transform::same, {"text.*"}},
});
constexpr auto kOpenClipRules = concatenate(kOwnRules, kM2m100Rules);

constexpr auto kOpenClipIgnored = std::to_array<Pattern>(
    {"*.num_batches_tracked", "*attn_mask", "*position_ids", "*.embed_positions.weights",
     "input_resolution", "context_length", "vocab_size"});

/// All three constants that OpenAI's files carry: one alone may be anybody's.
constexpr auto kOpenAiSignature =
    std::to_array<Pattern>({"visual.*", "input_resolution", "context_length", "vocab_size",
                            "transformer.resblocks.0.ln_1.weight"});
constexpr auto kOpenClipSignature =
    std::to_array<Pattern>({"*transformer.resblocks.0.ln_1.weight"});

ModelFile parse_openai(const ModelFiles& /*files*/, const ParsedModel& parsed) {
  return describe_openai(parsed.container.tensors, parsed.weights_name);
}

/// The config beside the weights, if there is one. It says where training starts; whether there is
/// a bias, the weights say: open_clip takes one that is absent for zero.
std::optional<ModelFile> stated(const ModelFiles& files, const ParsedModel& parsed) {
  auto model = find_open_clip_config(files);
  if (model) model->config.logit_bias = parsed.container.tensors.tensors.contains("logit_bias");
  return model;
}

constexpr const char* kAssumedActivation =
    "The activation cannot be seen in weights: GELU was assumed; models that were trained with "
    "QuickGELU (OpenAI's, DFN, MetaCLIP) lose accuracy with it.";

constexpr const char* kHuggingFaceConfig = "config.json";

/// A model of sizes that none of open_clip's architectures has.
ModelFile infer_open_clip(const network::ModelConfig& config, const StatedFacts& stated) {
  ModelFile model{.config = config};
  model.preprocessing.size = network::image_size(config.image);
  const bool heads_are_stated = stated.image_heads > 0 && stated.text_heads > 0;
  if (!heads_are_stated) {
    model.assumptions.emplace_back(
        "There is no open_clip_config.json or model_config.json beside the weights: the "
        "architecture was inferred from their shapes, with attention heads of width 64.");
  }
  if (!stated.quick_gelu) model.assumptions.emplace_back(kAssumedActivation);
  model.assumptions.emplace_back(
      "The preprocessing was assumed to be open_clip's default (shortest side resized bicubically, "
      "centre crop, OpenAI's mean and standard deviation).");
  return model;
}

/// The model of open_clip's architectures whose sizes and stated heads these are; none of them may
/// be.
std::optional<ModelFile> find_architecture_of(const ModelFiles& files,
                                              const network::ModelConfig& config) {
  const std::string architecture = architecture_of_sizes(config);
  if (architecture.empty()) return std::nullopt;
  ModelFile model = read_open_clip_architecture(files, architecture);
  if (!has_heads(model.config, files.stated())) return std::nullopt;
  std::vector<std::string> assumed = {
      "There is no open_clip_config.json or model_config.json beside the weights: their sizes are "
      "those of open_clip's " +
      architecture + ", whose heads and pooling were taken."};
  if (files.stated().quick_gelu) {
    set_quick_gelu(model.config, *files.stated().quick_gelu);
  } else {
    assumed.emplace_back(kAssumedActivation);
  }
  model.assumptions.insert(model.assumptions.begin(), assumed.begin(), assumed.end());
  return model;
}

/// The config of the same model's Hugging Face form, which lies beside the weights alone.
std::optional<ModelFile> find_huggingface_twin(const ModelFiles& files) {
  if (!files.contains(kHuggingFaceConfig)) return std::nullopt;
  const Json json = read_json(files, kHuggingFaceConfig);
  const Json type = json.is_object() ? json.value("model_type", Json()) : Json();
  if (type.is_null()) return std::nullopt;  // another program's, such as timm's
  if (type != "clip") {
    fail(
        ErrorCode::invalid_argument,
        "contradiction: the weights bear open_clip's names, the config beside them says model_type "
        "{} ({})",
        type.dump(), files.path_of(kHuggingFaceConfig));
  }
  ModelFile model = read_huggingface_config(json, kHuggingFaceConfig);
  model.assumptions.emplace_back(
      "Of configs only that of the model's Hugging Face form lies beside the weights: it was "
      "taken, with CLIP's preprocessing.");
  return model;
}

ModelFile parse_open_clip(const ModelFiles& files, const ParsedModel& parsed) {
  if (auto model = stated(files, parsed)) return std::move(*model);
  const StatedFacts& facts = files.stated();
  const auto activation = facts.quick_gelu.value_or(false) ? network::Activation::quick_gelu
                                                           : network::Activation::gelu;
  auto found = find_huggingface_twin(files);
  if (!found) {
    const network::ModelConfig config = infer_config(parsed.container.tensors, open_clip_family(),
                                                     activation, parsed.weights_name, facts);
    found = find_architecture_of(files, config);
    if (!found) found = infer_open_clip(config, facts);
  }
  ModelFile model = std::move(*found);
  model.config.logit_bias = parsed.container.tensors.tensors.contains("logit_bias");
  return model;
}

constexpr Family kOpenAi = {"openai", kOpenAiSignature, kOpenClipRules, kOpenClipIgnored,
                            parse_openai};
constexpr Family kOpenClip = {"open_clip", kOpenClipSignature, kOpenClipRules, kOpenClipIgnored,
                              parse_open_clip};

}  // namespace

const Family& openai_family() {
  return kOpenAi;
}

const Family& open_clip_family() {
  return kOpenClip;
}

ModelFile parse_stated_open_clip(const ModelFiles& files, const ParsedModel& parsed) {
  if (auto model = stated(files, parsed)) return std::move(*model);
  fail(ErrorCode::unsupported,
       "checkpoint: such an open_clip model cannot be inferred from its weights, "
       "expected open_clip_config.json or model_config.json beside them ({})",
       parsed.weights_name);
}

ModelFile describe_openai(const TensorMap& tensors, const std::string& weights_name) {
  ModelFile model;
  model.config =
      infer_config(tensors, openai_family(), network::Activation::quick_gelu, weights_name);
  // OpenAI's program has no layer scales: weights with such are none of its own.
  if (auto* image = std::get_if<network::VisionTransformerConfig>(&model.config.image))
    image->layer_scale = false;
  if (auto* text = std::get_if<network::TextTransformerConfig>(&model.config.text))
    text->layer_scale = false;
  model.preprocessing.size = network::image_size(model.config.image);
  return model;
}

}  // namespace diptych::checkpoint
