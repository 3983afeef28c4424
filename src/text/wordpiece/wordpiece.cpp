#include "text/wordpiece/wordpiece.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "text/characters/unicode.h"
#include "text/wordpiece/basic_tokenizer.h"

namespace diptych {
namespace embedded {
std::span<const std::byte> bert_chinese_vocabulary();
}

namespace text {
namespace {

constexpr std::size_t kMaxVocabularyBytes = std::size_t{64} << 20;
constexpr std::string_view kContinuation = "##";

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    result.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

constexpr auto kSpecialTokens =
    std::to_array<std::string_view>({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"});

/// The first special token of the vocabulary's in a text: where it is and what; at the end, and
/// empty, when there is none.
std::pair<std::size_t, std::string_view> find_special(std::string_view text,
                                                      const TokenTable& vocabulary) {
  std::pair<std::size_t, std::string_view> first = {text.size(), {}};
  for (const std::string_view token : kSpecialTokens) {
    const std::size_t at = text.find(token);
    if (at < first.first && vocabulary.find(token) != TokenTable::kNone) first = {at, token};
  }
  return first;
}

}  // namespace

WordPiece::WordPiece(std::string_view vocabulary_text, std::string_view name,
                     const WordPieceOptions& options, bool as_transformers)
    : vocabulary_text_(vocabulary_text),
      tokens_(lines(vocabulary_text_)),
      options_(options),
      as_transformers_(as_transformers) {
  if (!is_utf8(vocabulary_text_)) {
    fail(ErrorCode::corrupt_data, "vocabulary: got bytes that are not UTF-8 ({})", name);
  }
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    const std::string_view token = tokens_[id];
    const bool continues = token.size() > kContinuation.size() && token.starts_with(kContinuation);
    const std::string_view piece = continues ? token.substr(kContinuation.size()) : token;
    (continues ? continuing_ : initial_).insert(piece, static_cast<std::int32_t>(id));
    longest_piece_ = std::max(longest_piece_, piece.size());
  }
  pad_ = special("[PAD]", name);
  unknown_ = special("[UNK]", name);
  start_ = special("[CLS]", name);
  end_ = special("[SEP]", name);
}

std::int32_t WordPiece::special(std::string_view token, std::string_view name) const {
  const std::int32_t id = initial_.find(token);
  if (id == TokenTable::kNone) {
    fail(ErrorCode::corrupt_data, "vocabulary: got {} tokens without {}, expected one ({})",
         tokens_.size(), token, name);
  }
  return id;
}

std::vector<std::int32_t> WordPiece::encode(std::string_view text, int context_length) const {
  if (context_length < 2) {
    fail(ErrorCode::invalid_argument, "context length: got {}, expected at least 2 for [CLS] [SEP]",
         context_length);
  }
  const auto limit = static_cast<std::size_t>(context_length) - 1;
  std::vector<std::int32_t> ids = {start_};
  while (!text.empty() && ids.size() < limit) {
    // transformers takes special tokens in a text, as they are written, for themselves.
    const auto [length, token] = as_transformers_ ? find_special(text, initial_)
                                                  : std::pair(text.size(), std::string_view());
    for (const std::u32string& word :
         basic_tokens(decode_utf8(text.substr(0, length)), as_transformers_)) {
      if (ids.size() >= limit) break;
      append_word(word, ids);
    }
    if (!token.empty()) ids.push_back(initial_.find(token));
    text.remove_prefix(length + token.size());
  }
  if (ids.size() > limit) ids.resize(limit);
  if (options_.ends_with_separator) ids.push_back(end_);
  return ids;
}

void WordPiece::append_word(std::u32string_view word, std::vector<std::int32_t>& ids) const {
  const std::size_t first = ids.size();
  const auto make_unknown = [&] {
    ids.resize(first);
    ids.push_back(unknown_);
  };
  if (word.size() > static_cast<std::size_t>(options_.longest_word)) return make_unknown();

  const std::string bytes = encode_utf8(word);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const TokenTable& pieces = ids.size() == first ? initial_ : continuing_;
    const std::size_t length = longest_piece(rest, pieces);
    if (length == 0) return make_unknown();
    ids.push_back(pieces.find(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
}

/// The length of the longest piece that `rest` starts with, in bytes, or 0.
std::size_t WordPiece::longest_piece(std::string_view rest, const TokenTable& pieces) const {
  const auto is_boundary = [rest](std::size_t at) {
    return at == rest.size() || (static_cast<unsigned char>(rest[at]) & 0xC0) != 0x80;
  };
  for (std::size_t length = std::min(rest.size(), longest_piece_); length > 0; --length) {
    if (is_boundary(length) && pieces.find(rest.substr(0, length)) != TokenTable::kNone) {
      return length;
    }
  }
  return 0;
}

std::string WordPiece::decode(std::span<const std::int32_t> ids) const {
  std::string result;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary_size()) {
      fail(ErrorCode::invalid_argument, "token id: got {}, expected less than {}", id,
           vocabulary_size());
    }
    if (id == pad_ || id == start_ || id == end_) continue;
    std::string_view token = tokens_[static_cast<std::size_t>(id)];
    if (token.starts_with(kContinuation)) {
      token.remove_prefix(kContinuation.size());
    } else if (!result.empty()) {
      result += ' ';
    }
    result += token;
  }
  return result;
}

bool is_chinese_vocabulary(std::string_view vocabulary_text) {
  std::string lines(vocabulary_text);
  std::erase(lines, '\r');
  if (!lines.ends_with('\n')) lines += '\n';
  const auto bytes = embedded::bert_chinese_vocabulary();
  return lines == std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace text

std::shared_ptr<const Tokenizer> wordpiece_tokenizer_from(std::string_view vocabulary_text,
                                                          std::string_view name) {
  return std::make_shared<text::WordPiece>(vocabulary_text, name);
}

std::shared_ptr<const Tokenizer> wordpiece_tokenizer(const std::filesystem::path& vocabulary) {
  return wordpiece_tokenizer_from(read_text_file(vocabulary, text::kMaxVocabularyBytes),
                                  vocabulary.string());
}

std::shared_ptr<const Tokenizer> chinese_tokenizer() {
  static const std::shared_ptr<const Tokenizer> tokenizer = [] {
    const auto bytes = embedded::bert_chinese_vocabulary();
    return wordpiece_tokenizer_from({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                    "the built-in vocabulary of Chinese-CLIP");
  }();
  return tokenizer;
}

}  // namespace diptych
