#include "text/bpe/byte_level_bpe.h"

#include <algorithm>

#include "base/error.h"
#include "text/bpe/byte_characters.h"
#include "text/bpe/lines.h"
#include "text/bpe/words.h"
#include "text/characters/unicode.h"

namespace diptych::text {
namespace {

constexpr std::ptrdiff_t kMaxLines = 1 << 22;

/// Letters, numbers or others; 0 before whitespace.
std::size_t run_of_a_kind(std::u32string_view text) {
  if (text.empty() || is_unicode_space(text[0])) return 0;
  if (is_letter(text[0])) return run_length(text, is_letter);
  if (is_number(text[0])) return run_length(text, is_number);
  return run_length(text, is_other);
}

std::size_t word_length(std::u32string_view text) {
  if (const std::size_t length = contraction_length(text)) return length;
  const std::size_t space = text[0] == U' ' ? 1 : 0;
  if (const std::size_t length = run_of_a_kind(text.substr(space))) return space + length;
  const std::size_t spaces = run_length(text, is_unicode_space);
  return spaces > 1 && spaces < text.size() ? spaces - 1 : spaces;
}

}  // namespace

std::vector<std::u32string_view> byte_level_words(std::u32string_view text) {
  std::vector<std::u32string_view> words;
  while (!text.empty()) {
    words.push_back(text.substr(0, word_length(text)));
    text.remove_prefix(words.back().size());
  }
  return words;
}

struct ByteLevelBpe::Merges {
  const ByteLevelBpe& owner;

  std::int32_t rank(std::size_t /*begin*/, std::size_t /*end*/, const IdPair& pair) const {
    const auto found = owner.ranks_.find(pair);
    return found == owner.ranks_.end() ? -1 : found->second;
  }
  const Merge& at(std::int32_t rank) const { return owner.merges_[static_cast<std::size_t>(rank)]; }
  bool joins(std::int32_t rank, const IdPair& pair) const { return at(rank).pair == pair; }
  std::int32_t made(std::int32_t rank) const { return at(rank).made; }
};

std::size_t ByteLevelBpe::PairHash::operator()(const IdPair& pair) const {
  const auto left = static_cast<std::uint64_t>(pair.first);
  return std::hash<std::uint64_t>()((left << 32U) | static_cast<std::uint32_t>(pair.second));
}

ByteLevelBpe::ByteLevelBpe(std::string_view vocabulary, const SpecialIds& special,
                           std::string_view name)
    : special_(special) {
  if (std::count(vocabulary.begin(), vocabulary.end(), '\n') > kMaxLines)
    fail(ErrorCode::corrupt_data, "tokenizer: got more than {} lines ({})", kMaxLines, name);
  const std::size_t tokens = std::min(vocabulary.find("\n\n"), vocabulary.size());
  add_tokens(vocabulary.substr(0, tokens), name);
  find_bytes(name);
  add_merges(vocabulary.substr(std::min(tokens + 2, vocabulary.size())), name);
  for (const std::int32_t id : {special.start, special.end, special.pad}) {
    if (id < 0 || id >= vocabulary_size()) {
      fail(ErrorCode::corrupt_data, "tokenizer: special id: got {}, expected 0 to {} ({})", id,
           vocabulary_size() - 1, name);
    }
  }
}

void ByteLevelBpe::add_tokens(std::string_view lines, std::string_view name) {
  tokens_.reserve(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) + 1);
  while (!lines.empty()) {
    tokens_.push_back(token_bytes(take_line(lines)));
    const std::string& token = tokens_.back();
    if (ids_.find(token) != TokenTable::kNone)
      fail(ErrorCode::corrupt_data, "tokenizer: got token {} twice ({})", tokens_.size() - 1, name);
    ids_.insert(token, static_cast<std::int32_t>(tokens_.size()) - 1);
  }
  is_text_.resize(tokens_.size());
}

void ByteLevelBpe::find_bytes(std::string_view name) {
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    const char character = static_cast<char>(byte);
    bytes_[byte] = ids_.find({&character, 1});
    if (bytes_[byte] == TokenTable::kNone)
      fail(ErrorCode::corrupt_data, "tokenizer: byte {} is no token ({})", byte, name);
    is_text_[static_cast<std::size_t>(bytes_[byte])] = true;
  }
}

void ByteLevelBpe::add_merges(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string left = token_bytes(line.substr(0, space));
    const std::string right = token_bytes(line.substr(std::min(space + 1, line.size())));
    const Merge merge = {{ids_.find(left), ids_.find(right)}, ids_.find(left + right)};
    if (std::min({merge.pair.first, merge.pair.second, merge.made}) == TokenTable::kNone ||
        left.empty() || right.empty()) {
      fail(ErrorCode::corrupt_data,
           "tokenizer: merges: got \"{}\", expected two tokens of one ({})", line, name);
    }
    ranks_[merge.pair] = static_cast<std::int32_t>(merges_.size());
    merges_.push_back(merge);
    is_text_[static_cast<std::size_t>(merge.made)] = true;
  }
}

std::vector<std::int32_t> ByteLevelBpe::encode(std::string_view text, int context_length) const {
  const std::u32string characters = decode_utf8(text);
  std::vector<std::int32_t> pieces;
  for (const std::u32string_view word : byte_level_words(characters)) {
    // What would be cut off need not be found.
    if (std::cmp_greater_equal(pieces.size(), std::max(context_length, 0))) break;
    std::vector<std::int32_t> ids;
    for (const char byte : encode_utf8(word))
      ids.push_back(bytes_[static_cast<unsigned char>(byte)]);
    ids = merge_pairs(std::move(ids), Merges{*this});
    pieces.insert(pieces.end(), ids.begin(), ids.end());
  }
  return surround(special_, pieces, context_length);
}

std::string ByteLevelBpe::decode(std::span<const std::int32_t> ids) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    check_id(id, vocabulary_size());
    if (is_text_[static_cast<std::size_t>(id)]) bytes += tokens_[static_cast<std::size_t>(id)];
  }
  return encode_utf8(decode_utf8_lossy(bytes));
}

}  // namespace diptych::text
