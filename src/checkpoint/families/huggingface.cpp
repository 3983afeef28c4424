#include "checkpoint/families/huggingface.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.h"
#include "checkpoint/configs/check_facts.h"
#include "checkpoint/configs/chinese_clip_config.h"
#include "checkpoint/configs/huggingface_config.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/family.h"
#include "checkpoint/tokenizers/tokenizer_files.h"

namespace diptych::checkpoint {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kPreprocessing = "preprocessor_config.json";

ModelFile infer(const ModelFiles& files, const ParsedModel& parsed) {
  const StatedFacts& stated = files.stated();
  const auto activation = stated.quick_gelu.value_or(true) ? network::Activation::quick_gelu
                                                           : network::Activation::gelu;
  ModelFile model;
  model.config = infer_config(parsed.container.tensors, *parsed.family, activation,
                              parsed.weights_name, stated);
  model.preprocessing.size = network::image_size(model.config.image);
  if (std::holds_alternative<network::BertConfig>(model.config.text)) bind_chinese_clip(model);
  follow_transformers(model.preprocessing);
  const bool says_all = stated.quick_gelu && has_stated_heads(model.config, stated);
  if (!says_all) {
    model.assumptions = {
        "There is no config.json beside the weights: the architecture was inferred from their "
        "shapes, with attention heads of width 64 and QuickGELU in the image tower where nothing "
        "else was stated."};
  }
  return model;
}

const char* assumed_preprocessing(ResizeMode mode) {
  return mode == ResizeMode::squash
             ? "There is no preprocessor_config.json beside the weights: Chinese-CLIP's "
               "preprocessing was assumed (both sides resized bicubically, OpenAI's mean and "
               "standard deviation)."
             : "There is no preprocessor_config.json beside the weights: CLIP's preprocessing was "
               "assumed (shortest side resized bicubically, centre crop, OpenAI's mean and "
               "standard "
               "deviation).";
}

/// Without tokenizer.json CLIP's own vocabulary is taken, with which the tokenizer's other files
/// must agree.
void refuse_other_tokenizer(const ModelFiles& files) {
  constexpr std::size_t kTokens = 49408;
  const auto refuse = [&](const char* file, std::string_view got) {
    fail(ErrorCode::unsupported,
         "tokenizer: got {}, expected CLIP's own, or all of it in tokenizer.json ({})", got,
         files.path_of(file));
  };
  if (files.contains("vocab.json") && read_json(files, "vocab.json").size() != kTokens)
    refuse("vocab.json", "another vocabulary");
  if (files.contains("added_tokens.json") && !read_json(files, "added_tokens.json").empty())
    refuse("added_tokens.json", "further tokens");
  if (!files.contains("tokenizer_config.json")) return;
  const Json json = read_json(files, "tokenizer_config.json");
  const auto name = json.find("tokenizer_class");
  if (name == json.end() || !name->is_string()) return;
  if (!name->get_ref<const std::string&>().starts_with("CLIPTokenizer"))
    refuse("tokenizer_config.json", name->get<std::string>());
}

}  // namespace

ModelFile parse_huggingface(const ModelFiles& files, const ParsedModel& parsed) {
  if (!files.contains(kConfig) && has_open_clip_config(files)) return *find_open_clip_config(files);
  ModelFile model = files.contains(kConfig)
                        ? read_huggingface_config(read_json(files, kConfig), files.path_of(kConfig))
                        : infer(files, parsed);
  const ResizeMode mode = model.preprocessing.mode;
  if (!network::has_image_tower(model.config)) {
    // There are no pictures to preprocess.
  } else if (files.contains(kPreprocessing)) {
    const Json json = read_json(files, kPreprocessing);
    model.preprocessing = read_huggingface_preprocessing(
        json, network::image_size(model.config.image), files.path_of(kPreprocessing), mode);
    if (auto assumed = assumed_processor(json)) model.assumptions.push_back(std::move(*assumed));
  } else {
    model.assumptions.emplace_back(assumed_preprocessing(mode));
  }
  if (files.contains("adapter_config.json")) {
    model.assumptions.emplace_back(
        "An adapter lies beside the weights (adapter_config.json) and is not applied: they are "
        "taken as they are.");
  }
  if (!network::has_text_tower(model.config)) return model;
  // Of transformers' two tokenizers this is the one that holds everything.
  const TokenizerSpec::Kind kind = model.tokenizer.kind;
  if (kind == TokenizerSpec::Kind::none ||
      (kind == TokenizerSpec::Kind::clip && files.contains("tokenizer.json"))) {
    bind_tokenizer_files(files, {.cleaning = text::Cleaning::none}, model);
  } else if (kind == TokenizerSpec::Kind::clip) {
    refuse_other_tokenizer(files);
  }
  if (model.tokenizer.kind == TokenizerSpec::Kind::clip) model.tokenizer.as_transformers = true;
  return model;
}

}  // namespace diptych::checkpoint
