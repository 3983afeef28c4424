#include "checkpoint/huggingface_family.h"

#include <variant>

#include "checkpoint/chinese_clip_config.h"
#include "checkpoint/huggingface_config.h"
#include "checkpoint/parse_model.h"
#include "checkpoint/tokenizer_files.h"

namespace diptych::checkpoint {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kPreprocessing = "preprocessor_config.json";

ModelFile infer(const ParsedModel& parsed) {
  ModelFile model;
  model.config = infer_config(parsed.container.tensors, *parsed.family,
                              network::Activation::quick_gelu, parsed.weights_name);
  model.preprocessing.size = network::image_size(model.config.image);
  if (std::holds_alternative<network::BertConfig>(model.config.text)) bind_chinese_clip(model);
  follow_transformers(model.preprocessing);
  model.assumptions = {
      "There is no config.json beside the weights: the architecture was inferred from their "
      "shapes, with attention heads of width 64 and QuickGELU in the image tower."};
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
  ModelFile model = files.contains(kConfig)
                        ? read_huggingface_config(read_json(files, kConfig), kConfig)
                        : infer(parsed);
  const ResizeMode mode = model.preprocessing.mode;
  if (files.contains(kPreprocessing)) {
    model.preprocessing = read_huggingface_preprocessing(read_json(files, kPreprocessing),
                                                         network::image_size(model.config.image),
                                                         kPreprocessing, mode);
  } else {
    model.assumptions.emplace_back(assumed_preprocessing(mode));
  }
  // Of transformers' two tokenizers this is the one that holds everything.
  const TokenizerSpec::Kind kind = model.tokenizer.kind;
  if (kind == TokenizerSpec::Kind::none ||
      (kind == TokenizerSpec::Kind::clip && files.contains("tokenizer.json")))
    bind_tokenizer_files(files, {.cleaning = text::Cleaning::none}, model);
  return model;
}

}  // namespace diptych::checkpoint
