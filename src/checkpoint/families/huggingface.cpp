#include "checkpoint/families/huggingface.h"

#include <utility>
#include <variant>

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
  if (!network::has_text_tower(model.config)) return model;
  // Of transformers' two tokenizers this is the one that holds everything.
  const TokenizerSpec::Kind kind = model.tokenizer.kind;
  if (kind == TokenizerSpec::Kind::none ||
      (kind == TokenizerSpec::Kind::clip && files.contains("tokenizer.json")))
    bind_tokenizer_files(files, {.cleaning = text::Cleaning::none}, model);
  if (model.tokenizer.kind == TokenizerSpec::Kind::clip) model.tokenizer.as_transformers = true;
  return model;
}

}  // namespace diptych::checkpoint
