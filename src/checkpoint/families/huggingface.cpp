#include "checkpoint/families/huggingface.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.h"
#include "checkpoint/configs/check_facts.h"
#include "checkpoint/configs/chinese_clip_config.h"
#include "checkpoint/configs/huggingface_config.h"
#include "checkpoint/configs/huggingface_fields.h"
#include "checkpoint/configs/open_clip_config.h"
#include "checkpoint/families/family.h"
#include "checkpoint/tokenizers/tokenizer_files.h"
#include "text/bpe/clip_bpe.h"

namespace diptych::checkpoint {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kPreprocessing = "preprocessor_config.json";
constexpr const char* kProcessor = "processor_config.json";

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

/// CLIP's own two.
constexpr auto kClipSpecialTokens = std::to_array<std::pair<const char*, std::string_view>>(
    {{"bos_token", "<|startoftext|>"}, {"eos_token", "<|endoftext|>"}});

/// A token's text, written alone or with its properties; empty for anything else.
std::string token_text(const Json& token) {
  if (token.is_object() && token.contains("content")) return token_text(token["content"]);
  return token.is_string() ? token.get<std::string>() : std::string();
}

/// The file begins with a line for its version; transformers reads as many merges as there are
/// tokens for, and no more.
bool has_published_merges(std::string lines) {
  constexpr int kMergesOfClip = 48894;
  if (lines.starts_with("#version"))
    lines.erase(0, std::min(lines.find('\n'), lines.size() - 1) + 1);
  std::erase(lines, '\r');
  if (!lines.ends_with('\n')) lines += '\n';
  std::size_t end = 0;
  for (int i = 0; i < kMergesOfClip && end < lines.size(); ++i) end = lines.find('\n', end) + 1;
  lines.resize(end);
  return text::are_published_merges(lines);
}

/// What a tokenizer's config has that CLIP's own tokenizer has not; nothing otherwise.
std::optional<std::string> other_setting(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto text_of = [&](const char* field) {
    return json.contains(field) ? token_text(json[field]) : std::string();
  };
  const std::string name = text_of("tokenizer_class");
  if (!name.empty() && !name.starts_with("CLIPTokenizer")) return name;
  for (const auto& [field, token] : kClipSpecialTokens) {
    const std::string got = text_of(field);
    if (!got.empty() && got != token) return fmt::format("the {} {}", field, got);
  }
  const Json added = json.value("added_tokens_decoder", Json::object());
  for (const auto& [id, token] : added.items()) {
    const std::string got = token_text(token);
    if (got != kClipSpecialTokens[0].second && got != kClipSpecialTokens[1].second)
      return fmt::format("the further token {}", got);
  }
  return std::nullopt;
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
  if (files.contains("merges.txt") && !has_published_merges(files.read_text("merges.txt")))
    refuse("merges.txt", "other merges");
  for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"}) {
    if (!files.contains(file)) continue;
    if (const auto other = other_setting(read_json(files, file))) refuse(file, *other);
  }
}

/// transformers' tokenizers may be told to cut texts before the tower's context ends.
void assume_context(const ModelFiles& files, ModelFile& model) {
  if (!files.contains("tokenizer_config.json")) return;
  const Json json = read_json(files, "tokenizer_config.json");
  const Json length = json.is_object() ? json.value("model_max_length", Json()) : Json();
  const int context = network::context_length(model.config.text);
  if (!length.is_number() || length < 2 || length >= context) return;
  model.assumptions.push_back(
      fmt::format("tokenizer_config.json cuts texts after {} tokens, and the text tower reads {}: "
                  "so many were taken.",
                  length.dump(), context));
}

/// A processor's part for pictures, as transformers' fifth release writes it; null without one.
Json find_image_processor(const ModelFiles& files) {
  if (!files.contains(kProcessor)) return nullptr;
  const Json json = read_json(files, kProcessor);
  const auto part = json.find("image_processor");
  return part != json.end() && part->is_object() ? *part : Json();
}

}  // namespace

void bind_preprocessing(const ModelFiles& files, ResizeMode bare_size, const char* assumption,
                        ModelFile& model) {
  if (!network::has_image_tower(model.config)) return;  // there are no pictures
  const int size = network::image_size(model.config.image);
  bool is_stated = false;
  const auto take = [&](const Json& json, const char* file) {
    const Preprocessing stated =
        read_huggingface_preprocessing(json, size, files.path_of(file), bare_size);
    if (is_stated && !(stated == model.preprocessing)) {
      fail(ErrorCode::invalid_argument,
           "contradiction: {} says another preprocessing than {} beside it ({})", file, kProcessor,
           files.name());
    }
    model.preprocessing = stated;
    if (auto assumed = assumed_processor(json)) model.assumptions.push_back(std::move(*assumed));
    if (auto assumed = assumed_fields(file, unknown_preprocessing(json)))
      model.assumptions.push_back(std::move(*assumed));
    is_stated = true;
  };
  const Json part = find_image_processor(files);
  if (!part.is_null()) take(part, kProcessor);
  if (files.contains(kPreprocessing)) take(read_json(files, kPreprocessing), kPreprocessing);
  if (!is_stated) model.assumptions.emplace_back(assumption);
}

ModelFile parse_huggingface(const ModelFiles& files, const ParsedModel& parsed) {
  if (!files.contains(kConfig) && has_open_clip_config(files)) return *find_open_clip_config(files);
  ModelFile model = files.contains(kConfig)
                        ? read_huggingface_config(read_json(files, kConfig), files.path_of(kConfig))
                        : infer(files, parsed);
  const ResizeMode mode = model.preprocessing.mode;
  bind_preprocessing(files, mode, assumed_preprocessing(mode), model);
  if (!network::has_text_tower(model.config)) return model;
  // Of transformers' two tokenizers this is the one that holds everything.
  const TokenizerSpec::Kind kind = model.tokenizer.kind;
  if (kind == TokenizerSpec::Kind::none ||
      (kind == TokenizerSpec::Kind::clip && files.contains("tokenizer.json"))) {
    bind_tokenizer_files(files, {.cleaning = text::Cleaning::none}, model);
  } else if (kind == TokenizerSpec::Kind::clip) {
    refuse_other_tokenizer(files);
    assume_truncation(files, nullptr, model);
  } else if (kind == TokenizerSpec::Kind::chinese) {
    bind_chinese_tokenizer(files, model);
  }
  assume_context(files, model);
  if (model.tokenizer.kind == TokenizerSpec::Kind::clip) model.tokenizer.as_transformers = true;
  return model;
}

}  // namespace diptych::checkpoint
