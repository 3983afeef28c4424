#include "checkpoint/tokenizers/tokenizer_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "base/atomic_file.h"
#include "base/error.h"
#include "checkpoint/source/model_files.h"
#include "checkpoint/tokenizers/huggingface_tokenizer.h"
#include "text/sentencepiece/sentencepiece_model.h"
#include "text/wordpiece/wordpiece.h"

namespace diptych::checkpoint {
namespace {

using text::Cleaning;
using text::SentencePieceModel;
using text::SpecialIds;
using Kind = TokenizerSpec::Kind;

constexpr const char* kDescription = "tokenizer.json";
constexpr const char* kXlmRoberta = "sentencepiece.bpe.model";
constexpr const char* kWordPiece = "vocab.txt";
/// RoBERTa's, as transformers before its fifth release wrote them.
constexpr const char* kTokens = "vocab.json";
constexpr const char* kMerges = "merges.txt";
/// Names that T5's and Gemma's SentencePiece models have.
constexpr std::array<const char*, 3> kSentencePiece = {"spiece.model", "tokenizer.model",
                                                       "sentencepiece.model"};
/// Where Hugging Face's tokenizers say which tokens are special, the first that says it.
constexpr std::array<const char*, 2> kSpecialTokens = {"tokenizer_config.json",
                                                       "special_tokens_map.json"};

/// How the assumption begins that a tokenizer is not there.
const std::string kNoFile = "No file of the tokenizer";

/// What there may be of a tokenizer.
constexpr std::array<const char*, 11> kAll = {
    kDescription, kXlmRoberta,       kSentencePiece[0], kSentencePiece[1],   kSentencePiece[2],
    kWordPiece,   kSpecialTokens[0], kSpecialTokens[1], "added_tokens.json", kTokens,
    kMerges};

/// A field of those files; null when none has it.
Json find_setting(const ModelFiles& files, const char* field) {
  for (const char* file : kSpecialTokens) {
    if (!files.contains(file)) continue;
    const Json json = read_json(files, file);
    if (json.is_object() && json.contains(field) && !json[field].is_null()) return json[field];
  }
  return nullptr;
}

/// A special token's text, written alone or with its properties.
std::optional<std::string> find_token(const ModelFiles& files, const char* field) {
  const Json token = find_setting(files, field);
  if (token.is_string()) return token.get<std::string>();
  if (token.is_object() && token.contains("content") && token["content"].is_string())
    return token["content"].get<std::string>();
  return std::nullopt;
}

std::int32_t id_of(const SentencePieceModel& model, std::string_view token) {
  const auto found = std::find_if(model.pieces.begin(), model.pieces.end(),
                                  [&](const auto& piece) { return piece.text == token; });
  return found == model.pieces.end() ? SpecialIds::kNone
                                     : static_cast<std::int32_t>(found - model.pieces.begin());
}

/// T5 ends a text with "</s>", Gemma with "<eos>".
std::int32_t end_of(const SentencePieceModel& model) {
  const std::int32_t end = id_of(model, "</s>");
  return end != SpecialIds::kNone ? end : id_of(model, "<eos>");
}

std::int32_t pad_of(const ModelFiles& files, const SentencePieceModel& model, ModelFile& file) {
  if (const auto token = find_token(files, "pad_token")) {
    const std::int32_t id = id_of(model, *token);
    if (id == SpecialIds::kNone)
      fail(ErrorCode::corrupt_data, "tokenizer: pad_token: got \"{}\", which is no piece", *token);
    return id;
  }
  // Gemma's padding is its own; SigLIP pads T5's pieces with their end.
  const bool is_gemma = id_of(model, "<eos>") != SpecialIds::kNone;
  const std::int32_t pad = is_gemma ? id_of(model, "<pad>") : end_of(model);
  file.assumptions.push_back(
      "No file says what fills a row of tokens: SigLIP's padding was assumed (id " +
      std::to_string(std::max(pad, 0)) + ").");
  return std::max(pad, 0);
}

bool is_nllb(const ModelFile& file) {
  const auto* text = std::get_if<network::TextTransformerConfig>(&file.config.text);
  return text != nullptr && text->sinusoids;
}

/// NLLB's texts begin with their language, which the settings may choose.
void choose_language(const ModelFiles& files, const SentencePieceModel& model,
                     SpecialIds& special) {
  if (find_setting(files, "legacy_behaviour") == true) {
    fail(ErrorCode::unsupported,
         "tokenizer: legacy_behaviour: got true, diptych has false: the language before the text");
  }
  const auto language = find_token(files, "src_lang");
  if (!language) return;
  special.start = id_of(model, *language);
  if (special.start == SpecialIds::kNone) {
    fail(ErrorCode::corrupt_data, "tokenizer: src_lang: got \"{}\", which is no piece", *language);
  }
}

/// What the tokenizer's settings say beyond its template.
void complete_special_ids(const ModelFiles& files, bool has_template, ModelFile& file) {
  const SentencePieceModel model =
      text::parse_sentencepiece_model(file.tokenizer.vocabulary, "tokenizer");
  SpecialIds& special = file.tokenizer.special;
  if (!has_template || find_setting(files, "add_eos_token") == true) {
    const auto token = find_token(files, "eos_token");
    special.end = token ? id_of(model, *token) : end_of(model);
  }
  if (is_nllb(file)) {
    special.pad = std::get<network::TextTransformerConfig>(file.config.text).pad_id;
    choose_language(files, model, special);
  } else {
    special.pad = pad_of(files, model, file);
  }
}

const char* find_sentencepiece(const ModelFiles& files) {
  for (const char* file : kSentencePiece) {
    if (files.contains(file)) return file;
  }
  return nullptr;
}

/// RoBERTa's tokens and merges, described as its tokenizer.json would; none for those of another
/// tokenizer.
std::optional<Json> describe_roberta(const ModelFiles& files) {
  if (!files.contains(kTokens) || !files.contains(kMerges)) return std::nullopt;
  Json tokens = read_json(files, kTokens);
  if (!tokens.is_object() || !tokens.contains("<s>") || !tokens.contains("</s>"))
    return std::nullopt;
  Json merges = Json::array();
  std::istringstream lines(files.read_text(kMerges));
  for (std::string line; std::getline(lines, line);) {
    const bool is_version = merges.empty() && line.starts_with("#version");
    if (!line.empty() && !is_version) merges.push_back(line);
  }
  Json ends = {{"type", "RobertaProcessing"},
               {"cls", {"<s>", tokens["<s>"]}},
               {"sep", {"</s>", tokens["</s>"]}}};
  return Json{{"model", {{"type", "BPE"}, {"vocab", std::move(tokens)}, {"merges", merges}}},
              {"pre_tokenizer", {{"type", "ByteLevel"}}},
              {"post_processor", std::move(ends)}};
}

/// Throws Error(unsupported) where the settings beside a WordPiece vocabulary ask for other texts
/// or tokens than BERT's "uncased".
void check_wordpiece_settings(const ModelFiles& files) {
  constexpr auto kUncased =
      std::to_array<std::pair<const char*, bool>>({{"do_lower_case", true},
                                                   {"strip_accents", true},
                                                   {"tokenize_chinese_chars", true},
                                                   {"do_basic_tokenize", true}});
  constexpr auto kTokensOfBert =
      std::to_array<std::pair<const char*, const char*>>({{"cls_token", "[CLS]"},
                                                          {"sep_token", "[SEP]"},
                                                          {"pad_token", "[PAD]"},
                                                          {"unk_token", "[UNK]"}});
  const auto refuse = [&](const char* field, const std::string& got, const std::string& expected) {
    fail(ErrorCode::unsupported, "tokenizer: {}: got {}, expected {} ({})", field, got, expected,
         files.name());
  };
  for (const auto& [field, expected] : kUncased) {
    const Json got = find_setting(files, field);
    if (got.is_boolean() && got != expected) refuse(field, got.dump(), expected ? "true" : "false");
  }
  for (const auto& [field, expected] : kTokensOfBert) {
    const auto got = find_token(files, field);
    if (got && *got != expected) refuse(field, *got, expected);
  }
}

/// None when there is no such file.
std::optional<TokenizerSpec> read_tokenizer(const ModelFiles& files, ModelFile& model) {
  const bool is_described = files.contains(kDescription);
  const Json description = is_described ? read_json(files, kDescription) : Json();
  assume_truncation(files, description, model);
  if (is_described) return read_huggingface_tokenizer(description, files.path_of(kDescription));
  if (files.contains(kXlmRoberta))
    return TokenizerSpec{.kind = Kind::xlm_roberta, .vocabulary = files.read_text(kXlmRoberta)};
  if (const char* model = find_sentencepiece(files))
    return TokenizerSpec{.kind = Kind::sentencepiece, .vocabulary = files.read_text(model)};
  if (const auto roberta = describe_roberta(files))
    return read_huggingface_tokenizer(*roberta, files.path_of(kTokens));
  if (!files.contains(kWordPiece)) return std::nullopt;
  check_wordpiece_settings(files);
  return TokenizerSpec{.kind = Kind::wordpiece, .vocabulary = files.read_text(kWordPiece)};
}

/// A cleaning for a tokenizer that itself asks for lower case, which repairs nothing.
Cleaning with_lower_case(Cleaning cleaning) {
  switch (cleaning) {
    case Cleaning::none:
      return Cleaning::only_lower;
    case Cleaning::whitespace:
      return Cleaning::lower;
    default:
      return cleaning;
  }
}

}  // namespace

void assume_truncation(const ModelFiles& files, const Json& description, ModelFile& model) {
  const Json cut = description.is_object() ? description.value("truncation", Json()) : Json();
  const bool says_left = cut.is_object() && cut.value("direction", Json()) == "Left";
  if (!says_left && find_setting(files, "truncation_side") != "left") return;
  model.assumptions.emplace_back(
      "The tokenizer's files cut texts that are too long at their start: their end was cut.");
}

void bind_chinese_tokenizer(const ModelFiles& files, ModelFile& model) {
  const bool has_description = files.contains(kDescription) || files.contains(kWordPiece);
  check_wordpiece_settings(files);
  if (!has_description) return assume_truncation(files, nullptr, model);
  ModelFile described = model;
  bind_tokenizer_files(files, {.cleaning = Cleaning::none}, described);
  if (!text::is_chinese_vocabulary(described.tokenizer.vocabulary)) model = std::move(described);
}

void bind_tokenizer_files(const ModelFiles& files, const TokenizerSettings& use, ModelFile& model) {
  model.tokenizer_files.use = use;
  for (const char* file : kAll) {
    if (files.contains(file)) model.tokenizer_files.files.push_back(files.open(file));
  }
  auto spec = read_tokenizer(files, model);
  // NLLB's own model lacks the languages: only its description has all the ids.
  if (spec && spec->kind == Kind::xlm_roberta && is_nllb(model)) spec.reset();
  if (!spec) {
    model.tokenizer = {.kind = Kind::none};
    model.assumptions.push_back(kNoFile + (use.name.empty() ? "" : " " + use.name) +
                                " (tokenizer.json, sentencepiece.bpe.model, spiece.model, "
                                "tokenizer.model, vocab.json with merges.txt, or vocab.txt) "
                                "lies beside the weights: texts can only be given as token ids.");
    return;
  }
  model.tokenizer = std::move(*spec);
  model.tokenizer.as_transformers =
      model.tokenizer.kind == Kind::clip || model.tokenizer.kind == Kind::wordpiece;
  const bool lowers = model.tokenizer.cleaning == Cleaning::lower;
  model.tokenizer.cleaning = lowers ? with_lower_case(use.cleaning) : use.cleaning;
  model.tokenizer.wordpiece.ends_with_separator = !use.strips_separator;
  if (model.tokenizer.kind == Kind::sentencepiece)
    complete_special_ids(files, files.contains(kDescription), model);
}

void take_tokenizer(const std::filesystem::path& file_or_folder, ModelFile& model) {
  std::erase_if(model.assumptions,
                [](const std::string& sentence) { return sentence.starts_with(kNoFile); });
  const TokenizerSettings use = model.tokenizer_files.use.value_or(TokenizerSettings{});
  model.tokenizer_files = {};
  if (std::filesystem::is_directory(file_or_folder)) {
    bind_tokenizer_files(ModelFiles(file_or_folder), use, model);
    if (model.tokenizer.kind != Kind::none) return;
    fail(ErrorCode::invalid_argument, "tokenizer: expected tokenizer.json or the like in {}",
         file_or_folder.string());
  }
  const std::string ending = file_or_folder.extension().string();
  FileBytes file = map_file(file_or_folder.string());
  if (ending != ".json" && ending != ".model") {
    const auto* text = reinterpret_cast<const char*>(file.bytes.data());
    model.tokenizer = {.kind = Kind::wordpiece, .vocabulary = {text, file.bytes.size()}};
    return;
  }
  const bool is_bert = std::holds_alternative<network::BertConfig>(model.config.text);
  file.name = ending == ".json" ? kDescription : is_bert ? kXlmRoberta : kSentencePiece.front();
  bind_tokenizer_files(ModelFiles(std::span(&file, 1)), use, model);
}

void check_tokenizer_files(const ModelFile& model, std::string_view form) {
  const bool needs_none = model.tokenizer == TokenizerSpec{} || model.tokenizer.kind == Kind::none;
  if (needs_none || !model.tokenizer_files.files.empty()) return;
  fail(ErrorCode::unsupported,
       "{} form cannot say this model's tokenizer ({}): it takes the tokenizer's own files, of "
       "which none lay beside the weights",
       form, name(model.tokenizer.kind));
}

void copy_tokenizer_files(const std::filesystem::path& folder, const ModelFile& model) {
  for (const FileBytes& file : model.tokenizer_files.files) {
    const auto* text = reinterpret_cast<const char*>(file.bytes.data());
    write_file(folder / std::filesystem::path(file.name).filename(), {text, file.bytes.size()});
  }
}

}  // namespace diptych::checkpoint
