#include "text/bpe/clip_bpe.h"

#include <algorithm>

#include "base/error.h"
#include "text/bpe/byte_characters.h"
#include "text/bpe/clip_words.h"
#include "text/bpe/gunzip.h"
#include "text/bpe/lines.h"
#include "text/characters/unicode.h"

namespace diptych {
namespace embedded {
std::span<const std::byte> clip_merges();
}

namespace text {
namespace {

constexpr std::int32_t kByteTokens = 256;
constexpr std::int32_t kMerges = 48894;
constexpr std::int32_t kFirstMerge = 2 * kByteTokens;
constexpr std::string_view kWordEnd = "</w>";
/// The published file lists more merges than CLIP uses; those in use lie in its first bytes.
constexpr std::size_t kMergeTextBytes = 525'000;

constexpr std::array<std::u32string_view, 2> kOpenClipSpecialTokens = {U"<start_of_text>",
                                                                       U"<end_of_text>"};
constexpr std::array<std::u32string_view, 2> kOpenAiSpecialTokens = {U"<|startoftext|>",
                                                                     U"<|endoftext|>"};

std::string_view without_version(std::string_view merges) {
  take_line(merges);
  return merges;
}

std::int32_t count_lines(std::string_view text) {
  constexpr std::ptrdiff_t kMaxMerges = 1 << 22;
  const std::ptrdiff_t lines = std::count(text.begin(), text.end(), '\n');
  if (lines > kMaxMerges) {
    fail(ErrorCode::corrupt_data, "merges: got {}, expected at most {}", lines, kMaxMerges);
  }
  return static_cast<std::int32_t>(lines);
}

/// What precedes the empty line before added tokens.
std::string_view merges_of(std::string_view vocabulary) {
  if (vocabulary.starts_with('\n')) return vocabulary.substr(0, 0);
  const std::size_t end = vocabulary.find("\n\n");
  return end == std::string_view::npos ? vocabulary : vocabulary.substr(0, end + 1);
}

}  // namespace

bool are_published_merges(std::string_view merges) {
  if (count_lines(merges) != kMerges) return false;
  const std::string published = gunzip(embedded::clip_merges(), kMergeTextBytes);
  return without_version(published).starts_with(merges);
}

ClipBpe::ClipBpe(std::span<const std::byte> compressed_merges, ClipSpecialTokens special_tokens,
                 Form form)
    : ClipBpe(special_tokens, form, without_version(gunzip(compressed_merges, kMergeTextBytes)),
              kMerges) {
  looks_words_up_ = true;
}

ClipBpe::ClipBpe(std::string_view merges, ClipSpecialTokens special_tokens, Form form)
    : ClipBpe(special_tokens, form, merges, count_lines(merges_of(merges))) {
  const std::string_view added = merges.substr(merges_of(merges).size());
  if (!added.empty()) add_tokens(added.substr(1));
}

ClipBpe::ClipBpe(ClipSpecialTokens special_tokens, Form form, std::string_view merges,
                 std::int32_t count)
    : special_tokens_(special_tokens == ClipSpecialTokens::openai ? kOpenAiSpecialTokens
                                                                  : kOpenClipSpecialTokens),
      form_(form),
      tokens_(static_cast<std::size_t>(kFirstMerge + count)),
      ends_word_(tokens_.size()),
      merges_(static_cast<std::size_t>(count)) {
  const std::array<char, kByteTokens> bytes = bytes_in_order();
  for (std::int32_t i = 0; i < kByteTokens; ++i) {
    const std::string byte(1, bytes[static_cast<std::size_t>(i)]);
    add_token(i, byte, false);
    add_token(kByteTokens + i, byte, true);
  }
  for (std::int32_t id = kFirstMerge; id < start(); ++id) add_merge(id, take_line(merges));
  vocabulary_size_ = end() + 1;
  raw_tokens_ = {{std::u32string(special_tokens_[0]), start()},
                 {std::u32string(special_tokens_[1]), end()}};
}

void ClipBpe::add_tokens(std::string_view lines) {
  if (form_ != Form::transformers)
    fail(ErrorCode::unsupported, "added tokens: got some, expected them in transformers' form");
  for (AddedToken& token : parse_added_tokens(lines)) {
    vocabulary_size_ = std::max(vocabulary_size_, token.id + 1);
    if (token.in_cleaned_text) token.content = transformers_clip_clean(token.content);
    if (token.content.empty())
      fail(ErrorCode::corrupt_data, "added tokens: got {}, of which cleaning leaves nothing",
           token.id);
    (token.in_cleaned_text ? cleaned_tokens_ : raw_tokens_).push_back(std::move(token));
  }
}

void ClipBpe::add_token(std::int32_t id, std::string bytes, bool ends_word) {
  const auto at = static_cast<std::size_t>(id);
  tokens_[at] = std::move(bytes);
  ends_word_[at] = ends_word;
  (ends_word ? ending_ : inner_).insert(tokens_[at], id);
}

void ClipBpe::add_merge(std::int32_t id, std::string_view line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string left = token_bytes(line.substr(0, space));
  std::string_view written = line.substr(std::min(space + 1, line.size()));
  const bool ends_word = written.ends_with(kWordEnd);
  if (ends_word) written.remove_suffix(kWordEnd.size());
  const std::string right = token_bytes(written);
  const IdPair joined = {inner_.find(left), (ends_word ? ending_ : inner_).find(right)};
  if (joined.first == TokenTable::kNone || joined.second == TokenTable::kNone) {
    fail(ErrorCode::corrupt_data, "merges: got \"{}\" for token {}, expected two earlier tokens",
         line, id);
  }
  if ((ends_word ? ending_ : inner_).find(left + right) != TokenTable::kNone) {
    fail(ErrorCode::corrupt_data, "merges: got \"{}\" for token {}, which is one already", line,
         id);
  }
  merges_[static_cast<std::size_t>(id - kFirstMerge)] = joined;
  add_token(id, left + right, ends_word);
}

/// The token that two neighbours merge into, or kNone. `bytes` are those of both. No two merges
/// make the same token, so the token tells the merge.
std::int32_t ClipBpe::merged_id(std::string_view bytes, bool ends_word, IdPair neighbours) const {
  const std::int32_t id = (ends_word ? ending_ : inner_).find(bytes);
  return joins(id, neighbours) ? id : TokenTable::kNone;
}

bool ClipBpe::joins(std::int32_t id, IdPair neighbours) const {
  return id >= kFirstMerge && merges_[static_cast<std::size_t>(id - kFirstMerge)] == neighbours;
}

/// A merge's rank is the id that it makes.
struct ClipBpe::Merges {
  const ClipBpe& owner;
  std::string_view word;

  std::int32_t rank(std::size_t begin, std::size_t end, IdPair pair) const {
    return owner.merged_id(word.substr(begin, end - begin), end == word.size(), pair);
  }
  bool joins(std::int32_t rank, IdPair pair) const { return owner.joins(rank, pair); }
  std::int32_t made(std::int32_t rank) const { return rank; }
};

std::vector<std::int32_t> ClipBpe::merge(std::string_view word) const {
  std::vector<std::int32_t> ids(word.size());
  for (std::size_t i = 0; i < word.size(); ++i)
    ids[i] = (i + 1 == word.size() ? ending_ : inner_).find(word.substr(i, 1));
  return merge_pairs(std::move(ids), Merges{*this, word});
}

void ClipBpe::append_word(std::u32string_view word, std::vector<std::int32_t>& ids) const {
  if (word == special_tokens_[0]) return ids.push_back(start());
  if (word == special_tokens_[1]) return ids.push_back(end());
  append_bytes(encode_utf8(word), ids);
}

void ClipBpe::append_bytes(std::string_view bytes, std::vector<std::int32_t>& ids) const {
  const std::int32_t whole = looks_words_up_ ? ending_.find(bytes) : TokenTable::kNone;
  if (whole != TokenTable::kNone) return ids.push_back(whole);
  const std::vector<std::int32_t> pieces = merge(bytes);
  ids.insert(ids.end(), pieces.begin(), pieces.end());
}

void ClipBpe::append_own(std::u32string_view text, std::size_t limit,
                         std::vector<std::int32_t>& ids) const {
  const std::u32string clean = clip_clean(text);
  for (const std::u32string_view word : clip_words(clean, special_tokens_)) {
    if (ids.size() >= limit) return;
    append_word(word, ids);
  }
}

/// Special tokens are such only as they are written, before a text is cleaned.
void ClipBpe::append_as_transformers(std::u32string_view text, std::size_t limit,
                                     std::vector<std::int32_t>& ids) const {
  while (!text.empty() && ids.size() < limit) {
    const FoundToken token = find_token(text, raw_tokens_);
    append_cleaned(transformers_clip_clean(text.substr(0, token.begin)), limit, ids);
    if (token.length > 0) ids.push_back(token.id);
    text.remove_prefix(token.begin + token.length);
  }
}

void ClipBpe::append_cleaned(std::u32string_view text, std::size_t limit,
                             std::vector<std::int32_t>& ids) const {
  while (!text.empty() && ids.size() < limit) {
    const FoundToken token = find_token(text, cleaned_tokens_);
    for (const std::u32string_view word :
         transformers_clip_words(text.substr(0, token.begin), special_tokens_)) {
      if (ids.size() >= limit) return;
      append_bytes(encode_utf8(word), ids);
    }
    if (token.length > 0) ids.push_back(token.id);
    text.remove_prefix(token.begin + token.length);
  }
}

std::vector<std::int32_t> ClipBpe::encode(std::string_view text, int context_length) const {
  if (context_length < 2) {
    fail(ErrorCode::invalid_argument,
         "context length: got {}, expected at least 2 for the start and the end", context_length);
  }
  const auto limit = static_cast<std::size_t>(context_length) - 1;
  const std::u32string characters = decode_utf8(text);
  std::vector<std::int32_t> ids = {start()};
  if (form_ == Form::own) append_own(characters, limit, ids);
  if (form_ == Form::transformers) append_as_transformers(characters, limit, ids);
  if (ids.size() > limit) ids.resize(limit);
  ids.push_back(end());
  return ids;
}

/// An added token's content as a word; nothing of a special one.
std::string ClipBpe::added_text(std::int32_t id) const {
  for (const auto* tokens : {&raw_tokens_, &cleaned_tokens_}) {
    for (const AddedToken& token : *tokens)
      if (token.id == id && id > end()) return encode_utf8(token.content) + " ";
  }
  return {};
}

std::string ClipBpe::decode(std::span<const std::int32_t> ids) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary_size()) {
      fail(ErrorCode::invalid_argument, "token id: got {}, expected less than {}", id,
           vocabulary_size());
    }
    if (id >= start()) {
      bytes += added_text(id);
      continue;
    }
    bytes += tokens_[static_cast<std::size_t>(id)];
    if (ends_word_[static_cast<std::size_t>(id)]) bytes += ' ';
  }
  return encode_utf8(decode_utf8_lossy(bytes));
}

std::shared_ptr<const Tokenizer> transformers_clip_tokenizer() {
  static const std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<const ClipBpe>(
      embedded::clip_merges(), ClipSpecialTokens::openai, ClipBpe::Form::transformers);
  return tokenizer;
}

}  // namespace text

std::shared_ptr<const Tokenizer> clip_tokenizer(ClipSpecialTokens special_tokens) {
  const auto make = [](ClipSpecialTokens tokens) {
    return std::make_shared<const text::ClipBpe>(embedded::clip_merges(), tokens);
  };
  if (special_tokens == ClipSpecialTokens::openai) {
    static const std::shared_ptr<const Tokenizer> openai = make(ClipSpecialTokens::openai);
    return openai;
  }
  static const std::shared_ptr<const Tokenizer> open_clip = make(ClipSpecialTokens::open_clip);
  return open_clip;
}

}  // namespace diptych
