// OpenAI CLIP: the names are open_clip's too, which took them over.
#include "checkpoint/families/openai.h"

#include <array>
#include <variant>

#include "checkpoint/families/families.h"
#include "checkpoint/families/open_clip.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

/// All three constants that OpenAI's files carry: one alone may be anybody's.
constexpr auto kOpenAiSignature =
    std::to_array<Pattern>({"visual.*", "input_resolution", "context_length", "vocab_size",
                            "transformer.resblocks.0.ln_1.weight"});

ModelFile parse_openai(const ModelFiles& /*files*/, const ParsedModel& parsed) {
  return describe_openai(parsed.container.tensors, parsed.weights_name);
}

constexpr Family kOpenAi = {"openai", kOpenAiSignature, kOpenClipRules, kOpenClipIgnored,
                            parse_openai};

}  // namespace

const Family& openai_family() {
  return kOpenAi;
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
  model.tokenizer.special_tokens = ClipSpecialTokens::openai;
  return model;
}

}  // namespace diptych::checkpoint
