#include "checkpoint/tokenizers/wordpiece_files.h"

#include <array>
#include <sstream>
#include <string>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "json/json.h"

// The form: tokenizers 0.23, `Tokenizer.to_str` of BERT's.

namespace diptych::checkpoint {
namespace {

using text::TokenizerSpec;

/// Tokens of the vocabulary that no text spells; [MASK] may be missing.
constexpr std::array<const char*, 5> kSpecial = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

Json vocabulary_of(const TokenizerSpec& spec) {
  Json vocabulary = Json::object();
  std::istringstream lines(spec.vocabulary);
  int id = 0;
  for (std::string token; std::getline(lines, token); ++id) {
    if (token.ends_with('\r')) token.pop_back();
    if (vocabulary.contains(token)) {
      fail(ErrorCode::unsupported,
           "Hugging Face's form cannot say this model's tokenizer: it has '{}' twice", token);
    }
    vocabulary[token] = id;
  }
  return vocabulary;
}

std::int32_t id_of(const Json& vocabulary, const char* token) {
  if (!vocabulary.contains(token))
    fail(ErrorCode::corrupt_data, "vocabulary: got no {}, expected one", token);
  return vocabulary[token].get<std::int32_t>();
}

Json added_tokens(const Json& vocabulary) {
  Json added = Json::array();
  for (const char* token : kSpecial) {
    if (!vocabulary.contains(token)) continue;
    added.push_back({{"id", vocabulary[token]},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  return added;
}

Json template_part(const char* kind, const char* id) {
  return {{kind, {{"id", id}, {"type_id", 0}}}};
}

/// [CLS] text [SEP], of one text and of two.
Json post_processor(const Json& vocabulary) {
  const Json start = template_part("SpecialToken", "[CLS]");
  const Json separator = template_part("SpecialToken", "[SEP]");
  const Json first = template_part("Sequence", "A");
  const Json second = template_part("Sequence", "B");
  Json tokens = Json::object();
  for (const char* token : {"[CLS]", "[SEP]"}) {
    tokens[token] = {{"id", token},
                     {"ids", Json::array({id_of(vocabulary, token)})},
                     {"tokens", Json::array({token})}};
  }
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({start, first, separator})},
          {"pair", Json::array({start, first, separator, second, separator})},
          {"special_tokens", std::move(tokens)}};
}

Json describe(const TokenizerSpec& spec) {
  Json vocabulary = vocabulary_of(spec);
  const Json none;
  return {{"version", "1.0"},
          {"truncation", none},
          {"padding", none},
          {"added_tokens", added_tokens(vocabulary)},
          {"normalizer",
           {{"type", "BertNormalizer"},
            {"clean_text", true},
            {"handle_chinese_chars", true},
            {"strip_accents", none},
            {"lowercase", true}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor", post_processor(vocabulary)},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", spec.wordpiece.longest_word},
            {"vocab", std::move(vocabulary)}}}};
}

}  // namespace

bool is_plain_wordpiece(const TokenizerSpec& spec) {
  return spec.kind == TokenizerSpec::Kind::wordpiece && spec.wordpiece.ends_with_separator &&
         spec.cleaning == text::Cleaning::none;
}

WordPieceIds wordpiece_ids(const TokenizerSpec& spec) {
  const Json vocabulary = vocabulary_of(spec);
  return {.start = id_of(vocabulary, "[CLS]"),
          .separator = id_of(vocabulary, "[SEP]"),
          .pad = id_of(vocabulary, "[PAD]")};
}

void write_wordpiece_files(const std::filesystem::path& folder, const TokenizerSpec& spec,
                           int context_length) {
  write_file(folder / "tokenizer.json", describe(spec).dump(1) + "\n");
  const Json settings = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                         {"model_max_length", context_length},
                         {"pad_token", "[PAD]"},
                         {"unk_token", "[UNK]"},
                         {"cls_token", "[CLS]"},
                         {"sep_token", "[SEP]"}};
  write_file(folder / "tokenizer_config.json", settings.dump(1) + "\n");
}

}  // namespace diptych::checkpoint
