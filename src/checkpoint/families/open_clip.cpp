// open_clip: the canonical names are its and OpenAI CLIP's.
#include "checkpoint/families/open_clip.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "checkpoint/configs/architectures.h"
#include "checkpoint/configs/check_facts.h"
#include "checkpoint/configs/huggingface_config.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/families.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr auto kOpenClipSignature =
    std::to_array<Pattern>({"*transformer.resblocks.0.ln_1.weight"});

/// The config beside the weights, if there is one. It says where training starts; whether there is
/// a bias, the weights say: open_clip takes one that is absent for zero.
std::optional<ModelFile> stated(const ModelFiles& files, const ParsedModel& parsed) {
  auto model = find_open_clip_config(files);
  if (!model) return model;
  const bool has_bias = parsed.container.tensors.tensors.contains("logit_bias");
  if (model->config.logit_bias && !has_bias) {
    model->assumptions.emplace_back(
        "The config states a bias of the scores, and the weights have none: they are scored as "
        "models without one, whose scores are shares.");
  }
  model->config.logit_bias = has_bias;
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
  const bool heads_are_stated = has_stated_heads(config, stated);
  if (!heads_are_stated) {
    model.assumptions.emplace_back(
        "There is no open_clip_config.json or model_config.json beside the weights: the "
        "architecture was inferred from their shapes, with attention heads of width 64.");
  }
  if (!stated.quick_gelu) model.assumptions.emplace_back(kAssumedActivation);
  if (!network::has_image_tower(config)) return model;
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
  ModelFile model = read_huggingface_config(json, files.path_of(kHuggingFaceConfig));
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

constexpr Family kOpenClip = {"open_clip", kOpenClipSignature, kOpenClipRules, kOpenClipIgnored,
                              parse_open_clip};

/// A ViT's own module.
constexpr auto kBareSignature = std::to_array<Pattern>(
    {"conv1.weight", "class_embedding", "transformer.resblocks.0.ln_1.weight", "proj"});

void prepare_bare(Container& container) {
  put_before_names("visual.", container.tensors);
}

constexpr Family kBareImage = {.name = "open_clip",
                               .signature = kBareSignature,
                               .rules = kOpenClipRules,
                               .ignored = kOpenClipIgnored,
                               .parse = parse_open_clip,
                               .prepare = prepare_bare,
                               .is_one_tower = true};

}  // namespace

const Family& open_clip_family() {
  return kOpenClip;
}

const Family& bare_open_clip_image_family() {
  return kBareImage;
}

ModelFile parse_stated_open_clip(const ModelFiles& files, const ParsedModel& parsed) {
  if (auto model = stated(files, parsed)) return std::move(*model);
  fail(ErrorCode::unsupported,
       "checkpoint: such an open_clip model cannot be inferred from its weights, "
       "expected open_clip_config.json or model_config.json beside them ({})",
       parsed.weights_name);
}

}  // namespace diptych::checkpoint
