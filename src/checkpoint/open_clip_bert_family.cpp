// open_clip's models over a text tower of transformers: BERT, RoBERTa, XLM-R.
#include <array>
#include <utility>

#include "checkpoint/families.h"
#include "checkpoint/open_clip_config.h"
#include "checkpoint/parse_model.h"
#include "checkpoint/unigram_model.h"

namespace diptych::checkpoint {
namespace {

using Pattern = std::string_view;

constexpr auto kRules = std::to_array<KeyRule>({
    {"logit_scale", Transform::reshape, {"logit_scale"}},
    {"text_projection", Transform::transpose, {"text.proj.weight"}},
    {"text_projection.#.weight", Transform::same, {"text.proj.#.weight"}},
    {"bert.encoder.layer.#.attention.self.Wqkv.*",
     Transform::stack,
     {"text.transformer.encoder.layer.#.attention.self.query.*",
      "text.transformer.encoder.layer.#.attention.self.key.*",
      "text.transformer.encoder.layer.#.attention.self.value.*"}},
    {"bert.*", Transform::same, {"text.transformer.*"}},
    {"visual.*", Transform::same, {"visual.*"}},
});

/// The pooler's layer is trained with the encoder and used by no feature.
constexpr auto kIgnored = std::to_array<Pattern>(
    {"*.num_batches_tracked", "*.position_ids", "*.token_type_ids", "text.transformer.pooler.*"});
constexpr auto kSignature =
    std::to_array<Pattern>({"text.transformer.encoder.layer.0.attention.self.query.weight"});

/// XLM-R's tokenizer, where a file of it lies beside the weights.
void find_tokenizer(const ModelFiles& files, ModelFile& model) {
  constexpr const char* kModel = "sentencepiece.bpe.model";
  constexpr const char* kDescription = "tokenizer.json";
  using Kind = TokenizerSpec::Kind;
  model.tokenizer = {.kind = Kind::none};
  if (files.contains(kModel)) {
    model.tokenizer = {.kind = Kind::xlm_roberta, .vocabulary = files.read_text(kModel)};
  } else if (files.contains(kDescription)) {
    const Json json = read_json(files, kDescription);
    if (is_unigram(json))
      model.tokenizer = {.kind = Kind::xlm_roberta,
                         .vocabulary = sentencepiece_model(json, kDescription)};
  }
  if (model.tokenizer.kind == Kind::none) {
    model.assumptions.emplace_back(
        "There is no sentencepiece.bpe.model or tokenizer.json of XLM-R's beside the weights: "
        "texts "
        "can only be given as token ids.");
  }
}

ModelFile infer(const ParsedModel& parsed) {
  ModelFile model;
  model.config = infer_config(parsed.container.tensors, open_clip_bert_family(),
                              network::Activation::gelu, parsed.weights_name);
  model.preprocessing.size = network::image_size(model.config.image);
  model.assumptions = {
      "There is no open_clip_config.json or model_config.json beside the weights: the architecture "
      "was inferred from their shapes, with attention heads of width 64, GELU, RoBERTa's way of "
      "counting positions, and the mean of a text's tokens as its feature.",
      "The preprocessing was assumed to be open_clip's default (shortest side resized bicubically, "
      "centre crop, OpenAI's mean and standard deviation)."};
  return model;
}

ModelFile parse(const ModelFiles& files, const ParsedModel& parsed) {
  auto stated = find_open_clip_config(files);
  ModelFile model = stated ? std::move(*stated) : infer(parsed);
  find_tokenizer(files, model);
  return model;
}

constexpr Family kFamily = {"open_clip_bert", kSignature, kRules, kIgnored, parse};

}  // namespace

const Family& open_clip_bert_family() {
  return kFamily;
}

}  // namespace diptych::checkpoint
