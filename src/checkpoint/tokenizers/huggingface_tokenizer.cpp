#include "checkpoint/tokenizers/huggingface_tokenizer.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "json/base64.h"
#include "text/bpe/clip_bpe.h"
#include "text/characters/unicode.h"
#include "text/sentencepiece/sentencepiece_model.h"

// The form: tokenizers 0.23, `Tokenizer.to_str`.

namespace diptych::checkpoint {
namespace {

using text::SentencePieceModel;
using text::SpecialIds;
using text::TokenizerSpec;
using Piece = SentencePieceModel::Piece;
using PieceType = SentencePieceModel::PieceType;

constexpr std::size_t kMaxPieces = 1 << 22;
constexpr const char* kSpace = "\xe2\x96\x81";  // U+2581, which stands for a space in pieces

/// fairseq's special pieces, which XLM-R and NLLB put before and after SentencePiece's.
constexpr std::array<std::string_view, 4> kFairseqFirst = {"<s>", "<pad>", "</s>", "<unk>"};
constexpr std::string_view kFairseqLast = "<mask>";

const Json& member(const Json& object, const char* key) {
  static const Json absent;
  return object.is_object() && object.contains(key) ? object[key] : absent;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string show(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 200);
}

std::int32_t read_id(const Json& id) {
  const bool fits = id.is_number_integer() && id >= 0 && id < kMaxPieces;
  return fits ? id.get<std::int32_t>() : SpecialIds::kNone;
}

/// Reads one file; the members know its name for messages.
class Reader {
 public:
  Reader(const Json& tokenizer, const std::string& name)
      : tokenizer_(tokenizer), model_(member(tokenizer, "model")), name_(name) {}

  TokenizerSpec read() const {
    const std::string type = text_of(member(model_, "type"));
    if (type == "WordPiece") return read_wordpiece();
    if (type == "Unigram") return read_unigram();
    if (type == "BPE" && member(model_, "end_of_word_suffix") == "</w>") return read_clip();
    const bool in_bytes = member(member(tokenizer_, "pre_tokenizer"), "type") == "ByteLevel";
    if (type == "BPE" && in_bytes) return read_byte_level_bpe();
    if (type == "BPE") return read_sentencepiece_bpe();
    refuse("model.type", member(model_, "type"), "WordPiece, Unigram or BPE");
  }

 private:
  [[noreturn]] void refuse(const char* field, const Json& got, const char* expected) const {
    fail(ErrorCode::unsupported, "tokenizer: {}: got {}, expected {} ({})", field, show(got),
         expected, name_);
  }
  [[noreturn]] void corrupt(const char* field, const Json& got, const char* expected) const {
    fail(ErrorCode::corrupt_data, "tokenizer: {}: got {}, expected {} ({})", field, show(got),
         expected, name_);
  }

  TokenizerSpec read_wordpiece() const;
  TokenizerSpec read_unigram() const;
  TokenizerSpec read_sentencepiece_bpe() const;
  TokenizerSpec read_clip() const;
  TokenizerSpec read_byte_level_bpe() const;
  SpecialIds roberta_ids(const std::vector<std::string>& tokens) const;

  std::vector<std::string> vocabulary_by_id() const;
  std::vector<std::pair<std::string, std::string>> merges() const;
  std::vector<Piece> unigram_pieces() const;
  void mark_added(std::vector<Piece>& pieces) const;
  void read_normaliser(const Json& part, SentencePieceModel& model, TokenizerSpec& spec) const;
  void read_pre_tokenizer(const Json& part, SentencePieceModel& model) const;
  SpecialIds special_ids() const;
  TokenizerSpec finish(SentencePieceModel model, TokenizerSpec spec) const;
  void check_bytes(const std::vector<std::string>& tokens) const;
  std::string added_clip_tokens(const std::vector<std::string>& tokens) const;

  const Json& tokenizer_;
  const Json& model_;
  const std::string& name_;
};

/// A map from tokens to ids, turned round. Added tokens may continue it.
std::vector<std::string> Reader::vocabulary_by_id() const {
  const Json& vocabulary = member(model_, "vocab");
  if (!vocabulary.is_object() || vocabulary.size() > kMaxPieces)
    corrupt("model.vocab", vocabulary, "an object of tokens");
  std::vector<std::string> tokens(vocabulary.size());
  for (const auto& [token, id] : vocabulary.items()) {
    const bool fits = id.is_number_integer() && id >= 0 && id < tokens.size();
    if (!fits || token.empty() || !tokens[id.get<std::size_t>()].empty())
      corrupt("model.vocab", id, "ids from 0 on, each once");
    tokens[id.get<std::size_t>()] = token;
  }
  return tokens;
}

std::vector<std::pair<std::string, std::string>> Reader::merges() const {
  const Json& list = member(model_, "merges");
  if (!list.is_array() || list.size() > kMaxPieces) corrupt("model.merges", list, "an array");
  std::vector<std::pair<std::string, std::string>> result;
  for (const Json& merge : list) {
    // "left right" in older files
    const bool is_pair =
        merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    const std::string line = text_of(merge);
    const std::size_t space = line.find(' ');
    if (!is_pair && space == line.npos) corrupt("model.merges", merge, "two tokens");
    if (is_pair) result.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
    if (!is_pair) result.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return result;
}

// WordPiece

/// BERT's "uncased" normalisation and its [CLS] text [SEP]; there is no other here.
TokenizerSpec Reader::read_wordpiece() const {
  const Json& normaliser = member(tokenizer_, "normalizer");
  const bool uncased =
      member(normaliser, "type") == "BertNormalizer" && member(normaliser, "lowercase") == true &&
      member(normaliser, "strip_accents") != false && member(normaliser, "clean_text") != false &&
      member(normaliser, "handle_chinese_chars") != false;
  if (!uncased) refuse("normalizer", normaliser, "BERT's, with lower case");
  if (member(model_, "continuing_subword_prefix") != "##")
    refuse("model.continuing_subword_prefix", member(model_, "continuing_subword_prefix"), "##");
  TokenizerSpec spec{.kind = TokenizerSpec::Kind::wordpiece};
  const Json& longest = member(model_, "max_input_chars_per_word");
  if (longest.is_number_integer() && longest > 0 && longest < 1'000'000)
    spec.wordpiece.longest_word = longest.get<int>();
  for (const std::string& token : vocabulary_by_id()) {
    if (token.find_first_of("\r\n") != token.npos) corrupt("model.vocab", token, "no line break");
    spec.vocabulary += token + "\n";
  }
  return spec;
}

// SentencePiece

bool is_piece(const Json& entry) {
  return entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number();
}

std::vector<Piece> Reader::unigram_pieces() const {
  const Json& list = member(model_, "vocab");
  if (!list.is_array() || list.size() > kMaxPieces) corrupt("model.vocab", list, "an array");
  std::vector<Piece> pieces;
  for (const Json& entry : list) {
    if (!is_piece(entry)) corrupt("model.vocab", entry, "[piece, score]");
    pieces.push_back({entry[0].get<std::string>(), entry[1].get<float>()});
  }
  return pieces;
}

/// Special tokens never stand for text; the other added ones are cut out of a text first.
void Reader::mark_added(std::vector<Piece>& pieces) const {
  const Json& added = member(tokenizer_, "added_tokens");
  if (!added.is_array()) return;
  std::map<std::size_t, Piece> by_id;
  for (const Json& token : added) {
    const Json& id = member(token, "id");
    const std::string content = text_of(member(token, "content"));
    if (!id.is_number_integer() || id < 0 || id >= kMaxPieces || content.empty())
      corrupt("added_tokens", token, "an id and a content");
    const bool special = member(token, "special") == true;
    by_id[id.get<std::size_t>()] = {content, 0.0F,
                                    special ? PieceType::control : PieceType::user_defined};
  }
  for (const auto& [id, piece] : by_id) {
    if (id > pieces.size()) corrupt("added_tokens", id, "ids that continue the vocabulary");
    if (id == pieces.size()) pieces.emplace_back();
    if (pieces[id].type != PieceType::unknown) pieces[id] = piece;
  }
}

std::optional<std::string> read_character_map(const Json& map) {
  const auto bytes = map.is_string() ? from_base64(map.get<std::string>()) : std::nullopt;
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

void Reader::read_normaliser(const Json& part, SentencePieceModel& model,
                             TokenizerSpec& spec) const {
  const std::string type = text_of(member(part, "type"));
  const Json& pattern = member(part, "pattern");
  if (part.is_null()) return;
  if (type == "Sequence" && member(part, "normalizers").is_array()) {
    for (const Json& inner : part["normalizers"]) read_normaliser(inner, model, spec);
  } else if (type == "Precompiled") {
    auto map = read_character_map(member(part, "precompiled_charsmap"));
    if (!map) corrupt("normalizer", "precompiled_charsmap", "base64");
    model.character_map = std::move(*map);
  } else if (type == "Replace" && member(pattern, "String") == " " &&
             member(part, "content") == kSpace) {
    model.escape_whitespaces = true;
  } else if (type == "Replace" && member(pattern, "Regex") == " {2,}") {
    model.remove_extra_whitespaces = true;
  } else if (type == "Strip") {
    model.remove_extra_whitespaces = true;
  } else if (type == "Prepend" && member(part, "prepend") == kSpace) {
    model.add_dummy_prefix = true;
  } else if (type == "Lowercase") {
    spec.cleaning = text::Cleaning::lower;
  } else {
    refuse("normalizer", part, "one of SentencePiece's");
  }
}

void Reader::read_pre_tokenizer(const Json& part, SentencePieceModel& model) const {
  const std::string type = text_of(member(part, "type"));
  if (part.is_null()) return;
  if (type == "Sequence" && member(part, "pretokenizers").is_array()) {
    for (const Json& inner : part["pretokenizers"]) read_pre_tokenizer(inner, model);
  } else if (type == "WhitespaceSplit") {
    model.remove_extra_whitespaces = true;
  } else if (type == "Metaspace" && member(part, "replacement") == kSpace) {
    model.escape_whitespaces = true;
    model.add_dummy_prefix =
        member(part, "prepend_scheme") != "never" && member(part, "add_prefix_space") != false;
  } else if (type != "Split" || member(member(part, "pattern"), "String") != " ") {
    refuse("pre_tokenizer", part, "one of SentencePiece's");
  }
}

/// What a template puts around a text. NLLB's older files put a text's language after its end;
/// transformers puts it before the text whatever they say, and so were open_clip's models trained.
SpecialIds Reader::special_ids() const {
  SpecialIds special;
  const std::int32_t pad = read_id(member(member(tokenizer_, "padding"), "pad_id"));
  if (pad != SpecialIds::kNone) special.pad = pad;
  const Json& processor = member(tokenizer_, "post_processor");
  if (processor.is_null()) return special;
  const Json& single = member(processor, "single");
  if (member(processor, "type") != "TemplateProcessing" || !single.is_array())
    refuse("post_processor", processor, "a template");
  std::vector<std::int32_t> before;
  std::vector<std::int32_t> after;
  bool is_after = false;
  for (const Json& part : single) {
    if (!member(part, "Sequence").is_null()) {
      is_after = true;
      continue;
    }
    const std::string token = text_of(member(member(part, "SpecialToken"), "id"));
    const Json& ids = member(member(member(processor, "special_tokens"), token.c_str()), "ids");
    if (!ids.is_array() || ids.size() != 1)
      refuse("post_processor", single, "one id for every special token");
    (is_after ? after : before).push_back(read_id(ids[0]));
  }
  if (before.empty() && after.size() == 2) {
    before.push_back(after.back());
    after.pop_back();
  }
  if (before.size() > 1 || after.size() > 1)
    refuse("post_processor", single, "at most one token on either side");
  if (!before.empty()) special.start = before.front();
  if (!after.empty()) special.end = after.front();
  return special;
}

/// XLM-R's, whose numbers are not its model's own. NLLB has no model but this description: its
/// pieces keep their ids.
bool is_xlm_roberta(const SentencePieceModel& model) {
  const std::vector<Piece>& pieces = model.pieces;
  if (model.algorithm != SentencePieceModel::Algorithm::unigram) return false;
  if (pieces.size() <= kFairseqFirst.size() || pieces.back().text != kFairseqLast) return false;
  return std::equal(kFairseqFirst.begin(), kFairseqFirst.end(), pieces.begin(),
                    [](std::string_view text, const Piece& piece) { return piece.text == text; });
}

/// fairseq's pieces in SentencePiece's own order, which text::XlmRoberta renumbers.
std::vector<Piece> without_fairseq_numbers(const std::vector<Piece>& pieces) {
  std::vector<Piece> own = {{"<unk>", 0.0F, PieceType::unknown},
                            {"<s>", 0.0F, PieceType::control},
                            {"</s>", 0.0F, PieceType::control}};
  own.insert(own.end(), pieces.begin() + kFairseqFirst.size(), pieces.end() - 1);
  return own;
}

TokenizerSpec Reader::finish(SentencePieceModel model, TokenizerSpec spec) const {
  if (is_xlm_roberta(model)) {
    model.pieces = without_fairseq_numbers(model.pieces);
    spec.kind = TokenizerSpec::Kind::xlm_roberta;
  } else {
    spec.kind = TokenizerSpec::Kind::sentencepiece;
    spec.special = special_ids();
  }
  text::check(model, name_);
  spec.vocabulary = text::serialise(model);
  return spec;
}

TokenizerSpec Reader::read_unigram() const {
  TokenizerSpec spec;
  SentencePieceModel model{.pieces = unigram_pieces()};
  const std::int32_t unknown = read_id(member(model_, "unk_id"));
  if (unknown == SpecialIds::kNone || static_cast<std::size_t>(unknown) >= model.pieces.size())
    refuse("model.unk_id", member(model_, "unk_id"), "a piece for what is unknown");
  model.pieces[static_cast<std::size_t>(unknown)].type = PieceType::unknown;
  if (member(model_, "byte_fallback") == true)
    refuse("model.byte_fallback", true, "false in a unigram model");
  mark_added(model.pieces);
  read_normaliser(member(tokenizer_, "normalizer"), model, spec);
  read_pre_tokenizer(member(tokenizer_, "pre_tokenizer"), model);
  return finish(std::move(model), std::move(spec));
}

/// SentencePiece merges by the scores of the results, here the ranks of the merges. A piece that no
/// merge makes is a character, a byte or a token that never stands for text.
TokenizerSpec Reader::read_sentencepiece_bpe() const {
  TokenizerSpec spec;
  SentencePieceModel model{.algorithm = SentencePieceModel::Algorithm::bpe,
                           .byte_fallback = member(model_, "byte_fallback") == true,
                           .add_dummy_prefix = false,
                           .remove_extra_whitespaces = false,
                           .escape_whitespaces = false};
  read_normaliser(member(tokenizer_, "normalizer"), model, spec);
  read_pre_tokenizer(member(tokenizer_, "pre_tokenizer"), model);
  if (!model.escape_whitespaces)
    refuse("normalizer", member(tokenizer_, "normalizer"), "spaces replaced as SentencePiece does");
  std::map<std::string, float> scores;
  float rank = 0.0F;
  for (const auto& [left, right] : merges()) scores.try_emplace(left + right, -rank++);
  const std::string unknown = text_of(member(model_, "unk_token"));
  for (const std::string& token : vocabulary_by_id()) {
    Piece piece{token};
    const auto score = scores.find(token);
    const bool is_byte = token.size() == 6 && token.starts_with("<0x") && token.ends_with('>');
    if (score != scores.end()) {
      piece.score = score->second;
    } else if (token == unknown) {
      piece.type = PieceType::unknown;
    } else if (model.byte_fallback && is_byte) {
      piece.type = PieceType::byte;
    } else if (text::decode_utf8_lossy(token).size() > 1) {
      piece.type = PieceType::control;
    }
    model.pieces.push_back(std::move(piece));
  }
  mark_added(model.pieces);
  return finish(std::move(model), std::move(spec));
}

// CLIP's BPE

/// The characters that stand for bytes, in the order of their ids: printable ones of Latin-1, then
/// those from U+0100 on for the others.
char32_t byte_character(std::size_t id) {
  if (id < 94) return static_cast<char32_t>(0x21 + id);
  if (id < 106) return static_cast<char32_t>(0xA1 + id - 94);
  if (id < 188) return static_cast<char32_t>(0xAE + id - 106);
  return static_cast<char32_t>(0x100 + id - 188);
}

void Reader::check_bytes(const std::vector<std::string>& tokens) const {
  for (std::size_t i = 0; i < 256; ++i) {
    std::string character;
    append_utf8(character, byte_character(i));
    if (tokens.size() < 512 || tokens[i] != character || tokens[256 + i] != character + "</w>")
      refuse("model.vocab", tokens.empty() ? "" : tokens[std::min(i, tokens.size() - 1)],
             "the bytes in CLIP's order first");
  }
}

/// What users and trainings have added to CLIP's tokens, a line each; its own two are none.
std::string Reader::added_clip_tokens(const std::vector<std::string>& tokens) const {
  const Json& list = member(tokenizer_, "added_tokens");
  std::string lines;
  if (!list.is_array()) return lines;
  for (const Json& token : list) {
    const std::int32_t id = read_id(member(token, "id"));
    const std::string content = text_of(member(token, "content"));
    if (id == SpecialIds::kNone || content.empty() || content.find('\n') != content.npos)
      corrupt("added_tokens", token, "an id and a content of one line");
    const auto place = static_cast<std::size_t>(id);
    const bool is_known = place < tokens.size();
    if (is_known && tokens[place] != content)
      corrupt("added_tokens", token, "the token that the vocabulary has by this id");
    if (is_known && place + 2 >= tokens.size()) continue;
    for (const char* way : {"single_word", "lstrip", "rstrip"}) {
      if (member(token, way) == true) refuse("added_tokens", token, "tokens that take no blanks");
    }
    lines += text::write_added_token(id, member(token, "normalized") == true, content);
  }
  return lines;
}

TokenizerSpec Reader::read_clip() const {
  const std::vector<std::string> tokens = vocabulary_by_id();
  check_bytes(tokens);
  TokenizerSpec spec{.kind = TokenizerSpec::Kind::clip};
  std::size_t id = 512;
  for (const auto& [left, right] : merges()) {
    if (id >= tokens.size() || tokens[id] != left + right)
      refuse("model.merges", left + " " + right, "the merges in the order of their tokens");
    spec.vocabulary += left + " " + right + "\n";
    ++id;
  }
  if (tokens.size() != id + 2 || tokens[id] != "<|startoftext|>" ||
      tokens[id + 1] != "<|endoftext|>")
    refuse("model.vocab", tokens.back(), "<|startoftext|> and <|endoftext|> last");
  const std::string added = added_clip_tokens(tokens);
  if (!added.empty()) {
    spec.vocabulary += "\n" + added;
  } else if (text::are_published_merges(spec.vocabulary)) {
    spec.vocabulary.clear();
  }
  return spec;
}

// RoBERTa's BPE

/// [token, id], as RobertaProcessing says them.
std::int32_t read_pair_id(const Json& pair) {
  return pair.is_array() && pair.size() == 2 ? read_id(pair[1]) : SpecialIds::kNone;
}

/// RoBERTa's padding is "<pad>" unless the file says another.
SpecialIds Reader::roberta_ids(const std::vector<std::string>& tokens) const {
  const Json& processor = member(tokenizer_, "post_processor");
  SpecialIds special = {.pad = read_id(member(member(tokenizer_, "padding"), "pad_id"))};
  if (member(processor, "type") == "RobertaProcessing") {
    special.start = read_pair_id(member(processor, "cls"));
    special.end = read_pair_id(member(processor, "sep"));
  } else {
    const SpecialIds around = special_ids();
    special.start = around.start;
    special.end = around.end;
  }
  if (special.start == SpecialIds::kNone || special.end == SpecialIds::kNone)
    refuse("post_processor", processor, "RoBERTa's, with a start and an end");
  const auto pad = std::find(tokens.begin(), tokens.end(), "<pad>");
  if (special.pad == SpecialIds::kNone && pad != tokens.end())
    special.pad = static_cast<std::int32_t>(pad - tokens.begin());
  if (special.pad == SpecialIds::kNone) refuse("model.vocab", "no <pad>", "RoBERTa's padding");
  return special;
}

TokenizerSpec Reader::read_byte_level_bpe() const {
  const Json& words = member(tokenizer_, "pre_tokenizer");
  if (member(words, "add_prefix_space") == true || member(words, "use_regex") == false)
    refuse("pre_tokenizer", words, "GPT-2's words, without a space before the first");
  for (const char* option : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const Json& value = member(model_, option);
    if (!value.is_null() && value != "") refuse("model", value, "tokens without marks");
  }
  if (!member(tokenizer_, "normalizer").is_null())
    refuse("normalizer", member(tokenizer_, "normalizer"), "none");
  if (member(model_, "ignore_merges") == true) refuse("model.ignore_merges", true, "false");
  const std::vector<std::string> tokens = vocabulary_by_id();
  TokenizerSpec spec{.kind = TokenizerSpec::Kind::byte_level_bpe, .special = roberta_ids(tokens)};
  for (const std::string& token : tokens) {
    if (token.find('\n') != token.npos) corrupt("model.vocab", token, "no line break");
    spec.vocabulary += token + "\n";
  }
  for (const auto& [left, right] : merges()) {
    if ((left + right).find('\n') != std::string::npos)
      corrupt("model.merges", left, "no line break");
    spec.vocabulary += "\n" + left + " " + right;
  }
  spec.vocabulary += "\n";
  return spec;
}

}  // namespace

text::TokenizerSpec read_huggingface_tokenizer(const Json& tokenizer, const std::string& name) {
  return Reader(tokenizer, name).read();
}

}  // namespace diptych::checkpoint
