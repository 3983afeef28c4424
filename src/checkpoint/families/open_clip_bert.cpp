// open_clip's models over a text tower of transformers: BERT, RoBERTa, XLM-R.
#include <array>
#include <utility>

#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/families.h"
#include "checkpoint/families/family.h"
#include "checkpoint/tokenizers/tokenizer_files.h"

namespace diptych::checkpoint {
namespace open_clip_bert {

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
constexpr auto kIgnored =
    std::to_array<Pattern>({"*.num_batches_tracked", "*.position_ids", "*.token_type_ids",
                            "text.transformer.pooler.*", "text_decoder.*"});
constexpr auto kSignature =
    std::to_array<Pattern>({"text.transformer.encoder.layer.0.attention.self.query.weight"});

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
  if (!stated) bind_tokenizer_files(files, {}, model);
  model.config.decoder.reset();
  if (occurs(parsed.container.tensors, "text_decoder.*")) {
    model.assumptions.emplace_back(
        "The decoder that writes captions was left out: diptych has none over such a text tower.");
  }
  return model;
}

constexpr Family kFamily = {"open_clip_bert", kSignature, kRules, kIgnored, parse};

}  // namespace open_clip_bert

const Family& open_clip_bert_family() {
  return open_clip_bert::kFamily;
}

}  // namespace diptych::checkpoint
